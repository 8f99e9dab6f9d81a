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
import { describeContract } from './core/describe-quality.ts';
import { dropUnfounded } from './core/drop-unfounded.ts';
import { critiqueArticle, reviseArticle, type RefineMatter } from './refine-round.ts';
import { writeMetadata } from './write-metadata.ts';

/** Rounds of critique and revision. */
const ROUNDS: Readonly<Record<Quality, number>> = { economy: 0, balanced: 1, premium: 2 };

/** The article between two changes, with what the contract says of it. */
interface Version {
  parts: DocumentPart[];
  report: QualityReport;
  edits: RefineOutput['edits'];
}

type Check = (parts: readonly DocumentPart[]) => QualityReport;

/**
 * Puts the drafts together, has them critiqued and mended by edits, takes out what nothing bears out, brings the whole to
 * its length and adds metadata.
 * Every change is kept only if the quality contract finds it no worse than before; the article is never written anew.
 */
export const refineAgent: StepAgent = {
  name: 'refine',
  async run(context) {
    const research = stepOutput(context, 'research', ResearchOutput);
    const input = fitToNotes(articleInput(context), research.notes);
    const matter: RefineMatter = {
      input,
      outline: stepOutput(context, 'outline', OutlineOutput),
      research,
      rejections: rejectionReasons(context),
    };
    const drafted = collectParts({ ...context.outputs, refine: undefined });
    if (!drafted) throw new StepInputInvalidError('no section was drafted');
    const sources = await indexInSteps(matter.research.sources);
    const { title } = drafted;
    const { targetWords } = planWords(input);
    const style = deriveStyleRules(input);
    const check: Check = (parts) => checkQuality({ title, topic: input.topic, targetWords, parts, style }, sources);

    const start: Version = { parts: drafted.parts, report: check(drafted.parts), edits: [] };
    const rounds = await runRounds(context, matter, start, check);
    const founded = withoutUnfounded(rounds.version, check);
    const final = await bringToLength(context, matter, founded, check);
    const metadata = await tryOptional(context, () => writeMetadata(context, matter, final.parts));
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
      { score: output.score, rounds: output.rounds, edits: final.edits.length, contract: final.report.score },
      'refine.done',
    );
    return {
      output,
      limitations: [
        ...rounds.limitations,
        ...describeContract(final.report, context.step.key),
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

/** Critique and revision until nothing is worth a change or the rounds are used up. */
async function runRounds(context: StepContext, matter: RefineMatter, start: Version, check: Check): Promise<Rounds> {
  const state: Rounds = { version: start, score: null, count: 0, limitations: [] };
  // A rejection is worth a round even where quality asks for none.
  const rounds = Math.max(ROUNDS[context.task.quality], matter.rejections.length > 0 ? 1 : 0);
  for (let round = 1; round <= rounds; round += 1) {
    const ran = await tryOptional(context, () => runRound(context, matter, round, state, check), isPermanent);
    if (ran.outcome === 'done') {
      if (ran.value === 'nothing_to_do') break;
      continue;
    }
    // What is there is whole and usable: a round that cannot run costs its improvement, not the article.
    const { code, message } = ran.error;
    context.log.warn({ round, code }, 'round.failed');
    state.limitations.push({
      code: code === 'BUDGET_EXHAUSTED' ? code : 'REFINE_SKIPPED',
      step: context.step.key,
      message: `Revision round ${round} was left out (${code}): ${message}.`,
    });
    break;
  }
  return state;
}

/** One round; writes what it achieved into `state` as it goes, so that a failure half way keeps the score. */
async function runRound(
  context: StepContext,
  matter: RefineMatter,
  round: number,
  state: Rounds,
  check: Check,
): Promise<'changed' | 'nothing_to_do'> {
  const { parts, report, edits } = state.version;
  const critique = await critiqueArticle(context, matter, round, parts, report);
  state.score = critique.score;
  state.count = round;
  if (critique.isGoodEnough) return 'nothing_to_do';
  const revised = await reviseArticle(context, matter, round, parts, critique.defects);
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

/** What the rounds have left and nobody bears out goes, without another call. */
function withoutUnfounded(version: Version, check: Check): Version {
  const { parts, report, edits } = dropUnfounded(version.parts, version.report, check);
  const round = nextRound(version);
  return { parts, report, edits: [...version.edits, ...edits.map((edit) => ({ round, ...edit }))] };
}

const nextRound = ({ edits }: Version): number => (edits.at(-1)?.round ?? 0) + 1;

const isWorse = (after: QualityReport, before: QualityReport): boolean => after.errors > before.errors;

/**
 * Has one section written in other words when the whole is off its target. Not when a part is missing: the others are
 * not to be stretched over its gap.
 */
async function bringToLength(
  context: StepContext,
  matter: RefineMatter,
  version: Version,
  check: Check,
): Promise<Version> {
  const { input, outline, research } = matter;
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
