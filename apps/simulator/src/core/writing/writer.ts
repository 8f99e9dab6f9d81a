import type { Random } from '@pressroom/runtime';
import type { ParsedPrompt } from '../prompt/parsed-prompt.ts';

export interface WritingContext {
  prompt: ParsedPrompt;
  /** Seeded by model, prompt and configured seed: equal requests get equal replies. */
  random: Random;
}

/** Writes one kind of reply from the prompt's material. Pure and extractive; never fails on a poor prompt. */
export type Writer<Value = unknown> = (context: WritingContext) => Value;
