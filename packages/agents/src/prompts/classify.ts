import { fence, type ClassifyInput } from '@pressroom/contracts';
import { renderSource, singleLine } from './material.ts';
import type { Prompt } from './prompt.ts';
import { asList, MATERIAL_RULE, paragraphs } from './rules.ts';
import { renderAssignment, renderRejected } from './voice.ts';

const renderLabels = ({ labels }: ClassifyInput): string =>
  fence(
    'reference',
    labels
      .map(
        ({ name, description }) =>
          `- ${singleLine(name)}${description === undefined ? '' : `: ${singleLine(description)}`}`,
      )
      .join('\n'),
    { title: 'labels' },
  );

export interface ClassifyFacts {
  input: ClassifyInput;
  rejections: readonly string[];
}

const render = ({ input, rejections }: ClassifyFacts): { system: string; user: string } => ({
  system: paragraphs(
    'You decide which of the given labels a text belongs to.',
    MATERIAL_RULE,
    asList([
      input.multi === true
        ? 'Every label that applies, none that does not; an empty list when none applies.'
        : 'Exactly one label: the one that fits best, even where none fits well.',
      '`name` is copied from the list of labels, character by character.',
      '`confidence` is how likely the label is right, from 0 to 1: 0.9 and more only where the text leaves no doubt.',
      '`quote` is the passage of the text that decides, at most one sentence, copied character by character.',
      '`reason` is one sentence.',
      ...(input.instructions === undefined
        ? []
        : ['The instructions in <brief> decide where descriptions leave it open.']),
    ]),
    'Reply with JSON: {"labels": [{"name": "…", "confidence": 0.8, "quote": "…", "reason": "…"}]}.',
    renderAssignment(
      {},
      { labels: input.multi === true ? 'any' : 'one' },
      input.instructions === undefined ? [] : [`Instructions: ${input.instructions}`],
    ),
    renderLabels(input),
  ),
  user: paragraphs(
    renderSource({ id: 1, title: '' }, input.text),
    renderRejected(rejections),
    'Which labels apply to the text in <source>?',
  ),
});

/** Labels a text. Labels stand before the text, so that a prompt cache serves every text of the same set. */
export const classifyPrompt: Prompt<ClassifyFacts> = { id: 'classify', version: '1', render };

/** The same question to another model, where the first was unsure; it is not told what the first one said. */
export const classifyAgainPrompt: Prompt<ClassifyFacts> = { id: 'classify-again', version: '1', render };
