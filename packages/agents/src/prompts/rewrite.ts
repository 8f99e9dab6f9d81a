import { fence, type RewriteInput } from '@pressroom/contracts';
import { renderArticle, renderDefects, renderSource, type PromptDefect } from './material.ts';
import type { Prompt } from './prompt.ts';
import { asList, MATERIAL_RULE, paragraphs } from './rules.ts';
import { renderAssignment, renderRejected, voiceRules } from './voice.ts';

export interface RewriteFacts {
  input: RewriteInput;
  /** The piece of the text that is to be rewritten, from 1, and how many there are. */
  piece: number;
  pieces: number;
  text: string;
  /** The end of the piece before, for the sake of the transition; empty for the first. */
  before: string;
  /** Words the piece is to have; about as many as it has when absent. */
  words: number | undefined;
  /** It may become so short that not every figure and name has room. */
  mayDrop: boolean;
  rejections: readonly string[];
}

export interface RewriteRepairFacts extends RewriteFacts {
  current: string;
  defects: readonly PromptDefect[];
}

const systemOf = ({ input, mayDrop }: Pick<RewriteFacts, 'input' | 'mayDrop'>): string =>
  paragraphs(
    'You rewrite a text for other readers. You change how it is told, never what it says.',
    MATERIAL_RULE,
    asList([
      mayDrop
        ? 'Keep what matters most; figures, names and dates that you keep stay exactly as they are. Add none.'
        : 'Keep every figure, name and date exactly as it is. Add none.',
      'Add no statement, no example and no opinion. Keep the order unless the readers need another.',
      'Markdown; keep headings and lists where the text has them, at the same level.',
      ...(input.instructions === undefined
        ? []
        : ['Do what the instructions in <brief> ask for as far as the facts allow.']),
      ...voiceRules(input, { language: 'Write in the language of the text', tone: 'in the tone of the text' }),
    ]),
    'Reply with JSON: {"title": "…", "markdown": "…"}.',
  );

function materialOf({ input, piece, pieces, text, before, words, rejections }: RewriteFacts): string {
  return paragraphs(
    renderAssignment(
      input,
      { topic: input.title, words, piece: pieces > 1 ? `${piece} of ${pieces}` : undefined },
      input.instructions === undefined ? [] : [`Instructions: ${input.instructions}`],
    ),
    before === '' ? '' : fence('reference', before, { title: 'what stands before' }),
    renderSource({ id: 1, title: input.title ?? '' }, text),
    renderRejected(rejections),
  );
}

function taskOf({ piece, pieces, words }: RewriteFacts): string {
  const length = words === undefined ? 'about as long as it is' : `in ${words} words`;
  const title = piece === 1 ? '`title` is a title in the same manner, of at most 12 words.' : 'Leave `title` empty.';
  return `Rewrite the ${pieces > 1 ? 'piece of text' : 'text'} in <source>, ${length}. ${title}`;
}

/** Tells one text, or one piece of it, again. */
export const rewritePrompt: Prompt<RewriteFacts> = {
  id: 'rewrite',
  version: '1',
  render: (facts) => ({ system: systemOf(facts), user: paragraphs(materialOf(facts), taskOf(facts)) }),
};

/** Has a rewriting written again without its listed defects. */
export const rewriteRepairPrompt: Prompt<RewriteRepairFacts> = {
  id: 'mend-rewrite',
  version: '1',
  render: (facts) => ({
    system: systemOf(facts),
    user: paragraphs(
      materialOf(facts),
      renderArticle([{ part: '1', heading: '', markdown: facts.current }]),
      renderDefects(facts.defects),
      taskOf(facts),
      'The rewriting in <article> has the defects listed. Reply with the whole of it: these mended, the rest as it is.',
    ),
  }),
};
