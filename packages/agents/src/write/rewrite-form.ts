import { RewriteInput, RewrittenText } from '@pressroom/contracts';
import {
  checkRewrite,
  countWords,
  givenFacts,
  guessLanguage,
  mustKeepEveryFact,
  shareWords,
  type QualityFinding,
  type RewriteOutput,
  type TextFacts,
} from '@pressroom/pipelines';
import { callModel } from '../calling/call-model.ts';
import { inTurn } from '../calling/in-turn.ts';
import { mapBounded } from '../calling/map-bounded.ts';
import type { StepContext } from '../ports.ts';
import { outputTokens } from '../prompts/output-tokens.ts';
import { rewriteRepairPrompt, rewritePrompt, type RewriteFacts } from '../prompts/rewrite.ts';
import { describeQuality } from '../refine/core/describe-quality.ts';
import { rejectionReasons } from '../rejection.ts';
import { splitChunks } from '../research/core/split-chunks.ts';
import { taskInput } from '../step-input.ts';
import { cleanRewrite } from './core/clean-rewrite.ts';
import { toDefects } from './core/to-defects.ts';
import { repairRounds, type Repaired } from './repair-rounds.ts';
import type { WriteForm } from './write-form.ts';

/** Longer texts are rewritten in pieces: models keep the facts of a page or two, and replies are limited in length. */
const PIECE_TOKENS = 1_600;
const MAX_CONCURRENT_PIECES = 4;
/** The end of the previous piece, for the transition. */
const CONTEXT_CHARACTERS = 500;
const TITLE_WORDS = 20;
/** A rewrite with explanations is longer than the original. */
const GROWTH = 1.4;

type Piece = Omit<RewriteOutput, 'rounds'>;

/** `rewrite`: rewrites the text in pieces and checks each against its own figures and names. */
export const rewriteForm: WriteForm = {
  name: 'rewrite',
  async run(context) {
    const input = taskInput(context, RewriteInput.shape);
    const texts = splitChunks(input.text, PIECE_TOKENS);
    const given = givenFacts(input);
    const counts = texts.map((text) => Math.max(1, countWords(text)));
    const shares =
      input.targetWords === undefined ? undefined : shareWords(counts, Math.max(input.targetWords, texts.length));
    const pieces = await mapBounded(texts, MAX_CONCURRENT_PIECES, (text, index) => {
      const facts: RewriteFacts = {
        input,
        piece: index + 1,
        pieces: texts.length,
        text,
        before: (texts[index - 1] ?? '').slice(-CONTEXT_CHARACTERS),
        words: shares?.[index],
        rejections: rejectionReasons(context),
        mayDrop: !mustKeepEveryFact(counts[index] ?? 1, shares?.[index]),
      };
      return rewritePiece(context, facts, given);
    });
    const output: RewriteOutput = {
      title: pieces[0]?.value.title ?? '',
      markdown: pieces.map(({ value }) => value.markdown).join('\n\n'),
      rounds: Math.max(...pieces.map(({ rounds }) => rounds)),
    };
    // The document compares the facts of the whole text itself.
    const findings = await inTurn(() => checkRewrite(input, output, { skipFacts: true }));
    context.log.info({ pieces: texts.length, rounds: output.rounds, findings: findings.length }, 'rewrite.done');
    return {
      output,
      limitations: [
        ...(pieces.find(({ limitations }) => limitations.length > 0)?.limitations ?? []),
        ...describe(findings, context),
      ],
    };
  },
};

async function rewritePiece(context: StepContext, facts: RewriteFacts, given: TextFacts): Promise<Repaired<Piece>> {
  const { input, piece, pieces, text, words } = facts;
  const language = input.language ?? guessLanguage(input.text);
  const reply = {
    schema: { name: 'rewritten_text', zod: RewrittenText },
    accept: ({ markdown }: RewrittenText) => (countWords(cleanRewrite(markdown)) === 0 ? ['the text is empty'] : []),
    maxOutputTokens: outputTokens((words ?? Math.ceil(countWords(text) * GROWTH)) + TITLE_WORDS, { language }),
  };
  const clean = ({ title, markdown }: RewrittenText): Piece => ({
    title:
      piece === 1
        ? title
            .replace(/\s+/g, ' ')
            .replace(/^#+\s*/, '')
            .trim()
        : '',
    markdown: cleanRewrite(markdown),
  });
  const first = await callModel(context, {
    path: pieces === 1 ? 'rewrite' : `rewrite/${piece}`,
    purpose: 'rewrite',
    prompt: rewritePrompt,
    facts,
    ...reply,
  });
  // A piece must keep its own facts and may use those of other pieces.
  const check = (value: Piece): QualityFinding[] =>
    checkRewrite({ ...input, text }, value, { targetWords: words, given, isPiece: pieces > 1 });
  return repairRounds(context, clean(first), check, async ({ markdown }, findings, round) =>
    clean(
      await callModel(context, {
        path: pieces === 1 ? `mend/${round}` : `mend/${piece}/${round}`,
        purpose: 'mend',
        prompt: rewriteRepairPrompt,
        facts: { ...facts, current: markdown, defects: toDefects(findings) },
        ...reply,
      }),
    ),
  );
}

/** Facts are omitted here, because `assembleRewrite` reports them. */
const describe = (findings: readonly QualityFinding[], context: StepContext) =>
  describeQuality({ findings: [...findings] }, context.step.key, 'text');
