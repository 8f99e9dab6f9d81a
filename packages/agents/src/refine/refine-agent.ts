import type { Limitation, Quality } from '@pressroom/contracts';
import {
  assembleArticle,
  checkQuality,
  collectParts,
  fitToNotes,
  OutlineOutput,
  planWords,
  ResearchOutput,
  deriveStyleRules,
  type DocumentPart,
  type QualityReport,
  type RefineOutput,
} from '@pressroom/pipelines';
import { indexInSteps } from '../calling/index-in-steps.ts';
import { isPermanent, tryOptional } from '../calling/try-optional.ts';
import { selectPartFacts } from '../draft/core/part-facts.ts';
import { rewritePart } from '../draft/write-part.ts';
import { StepInputInvalidError } from '../errors.ts';
import type { StepAgent, StepContext } from '../ports.ts';
import { rejectionReasons } from '../rejection.ts';
import { articleInput, stepOutput } from '../step-input.ts';
import { chooseResize } from './core/choose-resize.ts';
import { describeQuality } from './core/describe-quality.ts';
import { dropUngrounded } from './core/drop-ungrounded.ts';
import { critiqueArticle, reviseArticle, type RefineMaterial } from './refine-round.ts';
import { writeMetadata } from './write-metadata.ts';

/** Rounds of critique and revision. */
const ROUNDS: Readonly<Record<Quality, number>> = { economy: 0, balanced: 1, premium: 2 };

/** A version of the article with its quality report and the edits so far. */
interface Version {
  parts: DocumentPart[];
  report: QualityReport;
  edits: RefineOutput['edits'];
}

type Check = (parts: readonly DocumentPart[]) => QualityReport;

/**
 * Joins the drafts, critiques and repairs them by edits, removes ungrounded sentences, adjusts the length and adds metadata.
 * Keeps a change only if it adds no errors to the quality report; never rewrites the article as a whole.
 */
export const refineAgent: StepAgent = {
  name: 'refine',
  async run(context) {
    const research = stepOutput(context, 'research', ResearchOutput);
    const input = fitToNotes(articleInput(context), research.notes);
    const material: RefineMaterial = {
      input,
      outline: stepOutput(context, 'outline', OutlineOutput),
      research,
      rejections: rejectionReasons(context),
    };
    const drafted = collectParts({ ...context.outputs, refine: undefined });
    if (!drafted) throw new StepInputInvalidError('no section was drafted');
    const sources = await indexInSteps(material.research.sources);
    const { title } = drafted;
    const { targetWords } = planWords(input);
    const style = deriveStyleRules(input);
    const check: Check = (parts) => checkQuality({ title, topic: input.topic, targetWords, parts, style }, sources);

    const start: Version = { parts: drafted.parts, report: check(drafted.parts), edits: [] };
    const rounds = await runRounds(context, material, start, check);
    const grounded = removeUngrounded(rounds.version, check);
    const final = await adjustLength(context, material, grounded, check);
    const metadata = await tryOptional(context, () => writeMetadata(context, material, final.parts));
    const output: RefineOutput = {
      title,
      lead: final.parts.find(({ part }) => part === 'lead')?.markdown ?? '',
      sections: final.parts
        .filter(({ part }) => part !== 'lead')
        .map(({ heading, markdown }) => ({ heading, markdown })),
      metaDescription: metadata.outcome === 'done' ? metadata.value.metaDescription : '',
      keywords: metadata.outcome === 'done' ? metadata.value.keywords : [],
      score: rounds.score,
      rounds: rounds.count,
      edits: final.edits,
    };
    context.log.info(
      { score: output.score, rounds: output.rounds, edits: final.edits.length, qualityScore: final.report.score },
      'refine.done',
    );
    return {
      output,
      limitations: [
        ...rounds.limitations,
        ...describeQuality(final.report, context.step.key),
        ...assembleArticle(input, { ...context.outputs, refine: output }).limitations,
      ],
    };
  },
};

interface Rounds {
  version: Version;
  score: number | null;
  count: number;
  limitations: Limitation[];
}

/** Runs critique and revision until no change is needed or the rounds are used up. */
async function runRounds(
  context: StepContext,
  material: RefineMaterial,
  start: Version,
  check: Check,
): Promise<Rounds> {
  const state: Rounds = { version: start, score: null, count: 0, limitations: [] };
  // A rejection gets a round even at a quality without rounds.
  const rounds = Math.max(ROUNDS[context.task.quality], material.rejections.length > 0 ? 1 : 0);
  for (let round = 1; round <= rounds; round += 1) {
    const ran = await tryOptional(context, () => runRound(context, material, round, state, check), isPermanent);
    if (ran.outcome === 'done') {
      if (ran.value === 'nothing_to_do') break;
      continue;
    }
    // The article is usable as it is: a failed round loses an improvement, not the article.
    const { code, message } = ran.error;
    context.log.warn({ round, code }, 'round.failed');
    state.limitations.push({
      code: code === 'BUDGET_EXHAUSTED' ? code : 'REFINE_SKIPPED',
      step: context.step.key,
      message: `Revision round ${round} was skipped (${code}): ${message}.`,
    });
    break;
  }
  return state;
}

/** Runs one round and updates `state` after each call, so that a failure half way keeps the score. */
async function runRound(
  context: StepContext,
  material: RefineMaterial,
  round: number,
  state: Rounds,
  check: Check,
): Promise<'changed' | 'nothing_to_do'> {
  const { parts, report, edits } = state.version;
  const critique = await critiqueArticle(context, material, round, parts, report);
  state.score = critique.score;
  state.count = round;
  if (critique.isGoodEnough) return 'nothing_to_do';
  const revised = await reviseArticle(context, material, round, parts, critique.defects);
  if (revised.edits.length === 0) return 'nothing_to_do';
  const after = check(revised.parts);
  if (isWorse(after, report)) {
    context.log.warn({ round, errorsBefore: report.errors, errorsAfter: after.errors }, 'round.reverted');
    return 'changed';
  }
  state.version = {
    parts: revised.parts,
    report: after,
    edits: [...edits, ...revised.edits.map((edit) => ({ round, ...edit }))],
  };
  return 'changed';
}

/** Removes the ungrounded sentences that the rounds have not repaired. */
function removeUngrounded(version: Version, check: Check): Version {
  const { parts, report, edits } = dropUngrounded(version.parts, version.report, check);
  const round = nextRound(version);
  return { parts, report, edits: [...version.edits, ...edits.map((edit) => ({ round, ...edit }))] };
}

const nextRound = ({ edits }: Version): number => (edits.at(-1)?.round ?? 0) + 1;

const isWorse = (after: QualityReport, before: QualityReport): boolean => after.errors > before.errors;

/**
 * Rewrites one section when the whole article misses its target length. Does nothing when a part is missing, because the
 * other parts must not fill its gap.
 */
async function adjustLength(
  context: StepContext,
  material: RefineMaterial,
  version: Version,
  check: Check,
): Promise<Version> {
  const { input, outline, research } = material;
  const isWhole = version.parts.length === outline.sections.length + 1;
  const isOff = version.report.findings.some(({ code }) => code === 'WORD_COUNT_OFF');
  const resize = isWhole && isOff ? chooseResize(version.parts, planWords(input).targetWords) : undefined;
  const facts = resize && selectPartFacts(Number(resize.part.part), input, outline, research);
  if (!resize || !facts) return version;
  const { part, words } = resize;
  const resized = await tryOptional(context, () =>
    rewritePart(context, { ...facts, words }, part.markdown, { path: `resize/${part.part}`, purpose: 'resize' }),
  );
  if (resized.outcome === 'failed') {
    context.log.warn({ part: part.part, code: resized.error.code }, 'resize.failed');
    return version;
  }
  const markdown = resized.value;
  const parts = version.parts.map((each) => (each === part ? { ...each, markdown } : each));
  const report = check(parts);
  const distance = (each: QualityReport): number => Math.abs(each.wordCount - planWords(input).targetWords);
  if (isWorse(report, version.report) || distance(report) >= distance(version.report)) return version;
  const round = nextRound(version);
  return {
    parts,
    report,
    edits: [...version.edits, { round, part: part.part, find: part.markdown, replace: markdown }],
  };
}
