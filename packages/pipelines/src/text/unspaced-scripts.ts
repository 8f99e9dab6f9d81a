/** Scripts that are written without spaces between words. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

/** Whether the text contains a script without spaces, which only a dictionary can segment. */
export const hasUnspacedScript = (text: string): boolean => UNSPACED.test(text);
