import type { Model } from '@pressroom/catalog';
import { countTokens } from './count-tokens.ts';

/** Counts text in a model's own tokenizer, by its factor to the one that we have. */
export const textCounterOf =
  ({ tokenizerPermille }: Model) =>
  (text: string): number =>
    Math.ceil((countTokens(text) * tokenizerPermille) / 1_000);
