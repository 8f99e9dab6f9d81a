import type { DocumentPart } from '@pressroom/pipelines';
import { renderArticle } from './material.ts';
import { paragraphs } from './rules.ts';
import type { Prompt } from './prompt.ts';
import { writerMaterial, writerSystem, type PartFacts } from './writer.ts';

export interface AdjustFacts extends PartFacts {
  current: DocumentPart;
  currentWords: number;
}

const render = (facts: AdjustFacts): { system: string; user: string } => {
  const aim =
    facts.currentWords > facts.words
      ? 'Shorten it: drop what adds least, then tighten sentences.'
      : 'Lengthen it: add what the notes still hold, never padding.';
  return {
    system: writerSystem(facts.input, facts.notes.length > 0),
    user: paragraphs(
      writerMaterial(facts),
      renderArticle([facts.current]),
      `The part in <article> has ${facts.currentWords} words and must have ${facts.words}. ${aim} ` +
        'Keep what is right, and every citation with its statement. Reply with the whole part.',
    ),
  };
};

/** Brings a draft to its length, right after it was written. */
export const adjustPrompt: Prompt<AdjustFacts> = { id: 'adjust', version: '2', render };

/** Brings a part of the finished article to a new length, so that the whole has its own. */
export const resizePrompt: Prompt<AdjustFacts> = { id: 'resize', version: '2', render };
