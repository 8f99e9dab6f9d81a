import { DocumentSummary, SummaryInput } from '@pressroom/contracts';
import {
  checkSummary,
  citedIds,
  countWords,
  guessLanguage,
  planSummary,
  ResearchOutput,
  type DocumentPart,
  type SummaryOutput,
} from '@pressroom/pipelines';
import { indexInSteps } from '../calling/index-in-steps.ts';
import { callModel } from '../calling/call-model.ts';
import { cleanPart } from '../draft/core/clean-part.ts';
import { NoUsableSourceError } from '../errors.ts';
import type { StepOutput } from '../ports.ts';
import { outputTokens } from '../prompts/output-tokens.ts';
import { summaryRepairPrompt, summaryPrompt, type SummaryFacts } from '../prompts/summary.ts';
import { describeQuality } from '../refine/core/describe-quality.ts';
import { rejectionReasons } from '../rejection.ts';
import { taskInput, stepOutput } from '../step-input.ts';
import { thinSources } from '../thin-sources.ts';
import { toDefects } from './core/to-defects.ts';
import { repairRounds } from './repair-rounds.ts';
import type { WriteForm } from './write-form.ts';

const WORDS_PER_KEY_POINT = 35;
const TITLE_WORDS = 20;
/** Sources of at most this many words are their own summary. */
const MAX_REPEATED_WORDS = 15;

/** Steps after `read` receive the input without its sources. */
const WITHOUT_SOURCES = SummaryInput.omit({ sources: true }).shape;

type Summary = Omit<SummaryOutput, 'rounds'>;

/** `summary`: writes a summary from the sources, or from their points where the sources are long. */
export const summaryForm: WriteForm = {
  name: 'summary',
  async run(context) {
    const input = taskInput(context, WITHOUT_SOURCES);
    const { sources, notes } = stepOutput(context, 'read', ResearchOutput);
    const plan = planSummary(input, sources);
    const original = guessLanguage(sources.map(({ text }) => text).join('\n'));
    const language = input.language ?? original;
    const isInLanguage = original === undefined || language?.split('-')[0] === original;
    if (plan.sourceWords <= MAX_REPEATED_WORDS && isInLanguage) {
      return repeatSources(sources, plan.sourceWords, context.step.key);
    }
    const facts: SummaryFacts = { input, plan, sources, notes, rejections: rejectionReasons(context) };
    const known = new Set(sources.map(({ id }) => id));
    const reply = {
      schema: { name: 'document_summary', zod: DocumentSummary },
      accept: (summary: DocumentSummary) => validateSummary(summary, known, plan.keyPoints),
      maxOutputTokens: outputTokens(plan.targetWords + plan.keyPoints * WORDS_PER_KEY_POINT + TITLE_WORDS, {
        language,
      }),
    };
    const first = await callModel(context, {
      path: 'summary',
      purpose: 'summary',
      prompt: summaryPrompt,
      facts,
      ...reply,
    });
    const index = await indexInSteps(sources);
    const repaired = await repairRounds(
      context,
      clean(first, plan.keyPoints),
      (summary) => checkSummary(input, summary, plan, index).findings,
      async (summary, findings, round) =>
        clean(
          await callModel(context, {
            path: `mend/${round}`,
            purpose: 'mend',
            prompt: summaryRepairPrompt,
            facts: { ...facts, current: partsOf(summary), defects: toDefects(findings) },
            ...reply,
          }),
          plan.keyPoints,
        ),
    );
    const output: SummaryOutput = { ...repaired.value, rounds: repaired.rounds };
    context.log.info(
      { words: countWords(output.markdown), targetWords: plan.targetWords, rounds: repaired.rounds },
      'summary.done',
    );
    return {
      output,
      limitations: [...repaired.limitations, ...describeQuality(repaired, context.step.key, 'summary')],
    };
  },
};

/** Returns short sources with citations as their own summary, without a model call. */
function repeatSources(sources: ResearchOutput['sources'], words: number, step: string): StepOutput {
  const nonEmpty = sources.filter(({ text }) => countWords(text) > 0);
  if (nonEmpty.length === 0) {
    throw new NoUsableSourceError(
      sources.map(({ id, title }) => ({ id, name: `"${title}"`, reason: 'has no words that could be summarised' })),
    );
  }
  const markdown = nonEmpty
    .map(({ id, text }) => `${cleanPart(text, false).replace(/(?<![\s.。…])[\s.。…]+$/u, '')} [${id}].`)
    .join('\n\n');
  const output: SummaryOutput = { title: nonEmpty[0]?.title ?? '', markdown, keyPoints: [], rounds: 0 };
  const message = `The sources have ${words === 1 ? '1 word' : `${words} words`}: the summary repeats them. Add sources for a summary.`;
  return { output, limitations: thinSources(message, step) };
}

const clean = ({ title, markdown, keyPoints }: DocumentSummary, most: number): Summary => ({
  title: singleLine(title),
  markdown: cleanPart(markdown),
  keyPoints: keyPoints
    .map(({ text, sources }) => ({ text: singleLine(cleanPart(text, false)), sources: [...new Set(sources)] }))
    .filter(({ text }) => text !== '')
    .slice(0, most),
});

function validateSummary(summary: DocumentSummary, known: ReadonlySet<number>, keyPoints: number): string[] {
  const { markdown, keyPoints: points } = clean(summary, keyPoints);
  if (countWords(markdown) === 0) return ['the summary is empty'];
  const cited = citedIds(markdown);
  return [
    ...(cited.length === 0 ? ['the summary cites no source'] : []),
    ...[...cited, ...points.flatMap(({ sources }) => sources)]
      .filter((id) => !known.has(id))
      .map((id) => `there is no source ${id}`),
    ...(keyPoints > 0 && points.length === 0 ? ['there are no key points'] : []),
    ...points.filter(({ sources }) => sources.length === 0).map(() => 'a key point names no source'),
  ];
}

const partsOf = ({ markdown, keyPoints }: Summary): DocumentPart[] => [
  { part: '1', heading: 'Summary', markdown },
  {
    part: '2',
    heading: 'Key points',
    markdown: keyPoints.map(({ text, sources }) => `- ${text} ${sources.map((id) => `[${id}]`).join('')}`).join('\n'),
  },
];

const singleLine = (text: string): string => text.replace(/\s+/g, ' ').trim();
