/** Scripts that write without spaces between words: whitespace tells nothing about their words. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

/** Does the text contain a script whose words only a dictionary can tell apart? */
export const hasUnspacedScript = (text: string): boolean => UNSPACED.test(text);
