import { countTokens as countO200k } from 'gpt-tokenizer/encoding/o200k_base';

/** Text that looks like a control token is text: a source must be able to mention `<|endoftext|>`. */
const AS_TEXT = { allowedSpecial: new Set<string>(), disallowedSpecial: new Set<string>() };

/** Merging a run without spaces takes time that grows faster than its length; cutting it costs at most a token a cut. */
const LONG_RUN = /\S{512}/gu;

/** Tokens of a text in the `o200k_base` encoding; time grows with the length whatever the text. */
export function countTokens(text: string): number {
  if (text === '') return 0;
  return countO200k(text.replace(LONG_RUN, '$& '), AS_TEXT);
}
