const STOPWORDS = new Set(
  (
    'a about above after again against all almost along already also although always am among an and another any are as at ' +
    'away back be became because become been before began being below between both but by came can cannot come could did do ' +
    'does doing done down during each either even ever every few for from further get give given go had has have having he ' +
    'her here hers herself him himself his how however i if in include included including indeed instead into is it its ' +
    'itself just least less like made make many may me might more most much must my near neither never next no nor not now ' +
    'of off often on once one only onto or other others otherwise our out over own per perhaps quite rather really said same ' +
    'see seen several shall she should since so some still such than that the their theirs them themselves then there ' +
    'therefore these they this those though through throughout thus to together too toward towards two under until up upon ' +
    'us use used using very was way we well went were what when where whether which while who whom whose why will with ' +
    'within without would yet you your'
  ).split(' '),
);
const WORD = /[\p{L}\p{N}]+(?:['’.,][\p{L}\p{N}]+)*/gu;
/** Scripts without spaces between words; a word has about two characters. */
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u;
const CITATION = /\s?\[\d{1,3}(?:\s*,\s*\d{1,3})*\]/g;

/** Words and numbers of a text, without citations. */
export function wordsOf(text: string): string[] {
  return stripCitations(text).match(WORD) ?? [];
}

/** Words as an editor counts them: space-separated tokens with a letter or digit, without citations. */
export function countWords(text: string): number {
  let count = 0;
  for (const token of stripCitations(text).split(/\s+/)) {
    if (/[\p{L}\p{N}]/u.test(token)) count += UNSPACED.test(token) ? Math.ceil(token.length / 2) : 1;
  }
  return count;
}

/** Removes `[3]`, `[1, 4]` and the space before them. */
export function stripCitations(text: string): string {
  return text.includes('[') ? text.replace(CITATION, '') : text;
}

/** Numbers of the citations in a text, in order, without duplicates. */
export function citationsOf(text: string): number[] {
  const found = new Set<number>();
  for (const match of text.matchAll(/\[(\d{1,3}(?:\s*,\s*\d{1,3})*)\]/g)) {
    for (const part of (match[1] ?? '').split(',')) found.add(Number(part));
  }
  return [...found];
}

export const isStopword = (word: string): boolean => STOPWORDS.has(word.toLowerCase());

/** Simple suffix stripping: matches "flood", "floods", "flooded" and "flooding". */
export function stem(word: string): string {
  let base = word.toLowerCase().replace(/['’]s$/, '');
  if (/\d/.test(base)) return base.replace(/,/g, '');
  if (base.length > 4 && base.endsWith('ies')) base = `${base.slice(0, -3)}y`;
  else if (base.length > 3 && base.endsWith('s') && !/(?:ss|us|is)$/.test(base)) base = base.slice(0, -1);
  if (base.length > 5 && base.endsWith('ing')) base = base.slice(0, -3);
  else if (base.length > 4 && base.endsWith('ed')) base = base.slice(0, -2);
  else if (base.length > 5 && base.endsWith('ly')) base = base.slice(0, -2);
  if (base.length > 4 && base.endsWith('e')) base = base.slice(0, -1);
  return base;
}

/** Stems of the content words. */
export function contentStems(text: string): Set<string> {
  const stems = new Set<string>();
  for (const word of wordsOf(text)) if (word.length > 1 && !isStopword(word)) stems.add(stem(word));
  return stems;
}

/** Figures in a text, without thousands separators; these must be preserved when a fact is reworded. */
export function numbersOf(text: string): Set<string> {
  const found = new Set<string>();
  for (const match of stripCitations(text).matchAll(/\d+(?:[.,]\d+)*/g)) found.add(match[0].replace(/,/g, ''));
  return found;
}
