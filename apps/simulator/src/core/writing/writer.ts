import type { Random } from '@pressroom/runtime';
import type { ParsedPrompt } from '../prompt/parsed-prompt.ts';

export interface WritingContext {
  prompt: ParsedPrompt;
  /** Seeded by model, prompt and configured seed: the same request always gets the same reply. */
  random: Random;
}

/** Writes one kind of reply from what the prompt gives; pure and extractive, never fails on a poor prompt. */
export type Writer<Value = unknown> = (context: WritingContext) => Value;
