import { BriefInput, ContentBrief } from '@pressroom/contracts';
import {
  checkStyle,
  planWords,
  ResearchOutput,
  deriveStyleRules,
  type BriefOutput,
  type QualityFinding,
  type DocumentPart,
  type StyleRule,
  type WordPlan,
} from '@pressroom/pipelines';
import { callModel } from '../calling/call-model.ts';
import { validateOutline } from '../outline/core/validate-outline.ts';
import { contentBriefPrompt, contentBriefRepairPrompt, type ContentBriefFacts } from '../prompts/content-brief.ts';
import { outputTokens } from '../prompts/output-tokens.ts';
import { describeQuality } from '../refine/core/describe-quality.ts';
import { rejectionReasons } from '../rejection.ts';
import { taskInput, stepOutput } from '../step-input.ts';
import { thinSources } from '../thin-sources.ts';
import { normaliseBrief } from './core/normalise-brief.ts';
import { toDefects } from './core/to-defects.ts';
import { repairRounds } from './repair-rounds.ts';
import type { WriteForm } from './write-form.ts';

/** Words of a section with its points, and of all other fields. */
const WORDS_PER_SECTION = 170;
const OTHER_WORDS = 350;
/** Rules that apply to a brief; rules about sentences and readers apply only to the finished text. */
const BRIEF_RULES: ReadonlySet<StyleRule['kind']> = new Set(['avoid', 'spelling', 'mark', 'language']);

type Brief = Omit<BriefOutput, 'rounds'>;

/** `brief`: writes angle, outline, keywords and risks from the research. */
export const briefForm: WriteForm = {
  name: 'brief',
  async run(context) {
    const input = taskInput(context, BriefInput.shape);
    const { questions, notes, contradictions, gaps } = stepOutput(context, 'research', ResearchOutput);
    const requested = planWords(input);
    // Each section needs a note; the words are those of the finished text, whose writer may find more sources.
    const sections = notes.length === 0 ? requested.sections : Math.min(requested.sections, notes.length);
    const plan: WordPlan = { ...requested, sections, leadWords: 0, sectionWords: requested.targetWords };
    const noteIds = new Set(notes.map(({ id }) => id));
    const rules = deriveStyleRules(input).filter(({ kind }) => BRIEF_RULES.has(kind));
    const rejections = rejectionReasons(context);
    const facts: ContentBriefFacts = { input, plan, questions, notes, contradictions, gaps, rejections };
    const reply = {
      schema: { name: 'content_brief', zod: ContentBrief },
      accept: (brief: ContentBrief) => [
        ...validateOutline(brief, plan, noteIds),
        ...(brief.angle.trim() === '' ? ['there is no angle'] : []),
      ],
      maxOutputTokens: outputTokens((plan.sections + 1) * WORDS_PER_SECTION + OTHER_WORDS, input),
    };
    const first = await callModel(context, {
      path: 'brief',
      purpose: 'content-brief',
      prompt: contentBriefPrompt,
      facts,
      ...reply,
    });
    const check = (brief: Brief): QualityFinding[] =>
      checkStyle({ title: brief.title, parts: partsOf(brief) }, rules).findings;
    const repaired = await repairRounds(
      context,
      normaliseBrief(first, input, plan),
      check,
      async (brief, findings, round) =>
        normaliseBrief(
          await callModel(context, {
            path: `mend/${round}`,
            purpose: 'mend',
            prompt: contentBriefRepairPrompt,
            facts: { ...facts, current: partsOf(brief), defects: toDefects(findings) },
            ...reply,
          }),
          input,
          plan,
        ),
    );
    const output: BriefOutput = { ...repaired.value, rounds: repaired.rounds };
    context.log.info({ sections: output.sections.length, rounds: repaired.rounds }, 'brief.done');
    const shortfall =
      sections < requested.sections
        ? `The sources make ${notes.length === 1 ? '1 statement' : `${notes.length} statements`} on the topic: ` +
          `${sections} of ${requested.sections} sections were planned. Add sources for more sections.`
        : undefined;
    return {
      output,
      limitations: [
        ...thinSources(shortfall, context.step.key),
        ...repaired.limitations,
        ...describeQuality(repaired, context.step.key, 'brief'),
      ],
    };
  },
};

/** The brief as document parts: its angle, then its sections. */
const partsOf = ({ angle, sections }: Brief): DocumentPart[] => [
  { part: 'lead', heading: '', markdown: angle },
  ...sections.map(({ heading, purpose, points }, index) => ({
    part: String(index + 1),
    heading,
    markdown: [purpose, points.map((point) => `- ${point}`).join('\n')].join('\n\n'),
  })),
];
