import type { Model } from '@pressroom/catalog';
import { countTokens } from './count-tokens.ts';

/** Counts text in a model's tokenizer, approximated by its factor to `o200k_base`. */
export const textCounterOf =
  ({ tokenizerPermille }: Model) =>
  (text: string): number =>
    Math.ceil((countTokens(text) * tokenizerPermille) / 1_000);
