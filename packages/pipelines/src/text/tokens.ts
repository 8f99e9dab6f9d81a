import { hasUnspacedScript } from './unspaced-scripts.ts';

/** English function words; those of other languages have little weight because they are frequent. */
const FUNCTION_WORDS = new Set(
  (
    'a about above after again against all also although among an and any are as at be became because become been before ' +
    'being below between both but by can could did do does doing down during each either else even ever every few for ' +
    'from further had has have having he her here hers him his how however i if in into is it its itself just like made ' +
    'make many may might more most much must my near no nor not now of off often on once one only or other our out over ' +
    'own per rather same she should since so some still such than that the their them then there these they this those ' +
    'through thus to together too toward towards under until up upon us very was we well were what when where whether ' +
    'which while who whom whose why will with within without would yet you your'
  ).split(' '),
);

/** Lower-case words without accents; text in scripts without spaces becomes pairs of characters. */
export function words(text: string): string[] {
  const folded = text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  const found: string[] = [];
  for (const [run] of folded.matchAll(/[\p{L}\p{N}]+(?:['’][\p{L}]+)*/gu)) {
    if (hasUnspacedScript(run)) found.push(...characterPairs(run));
    else found.push(run.split(/['’]/u, 1)[0] ?? run);
  }
  return found;
}

/** Distinct stems of the content words of a text, without numbers, which are compared separately. */
export function contentStems(text: string): Set<string> {
  const stems = new Set<string>();
  for (const word of words(text)) {
    if (/\d/.test(word) || FUNCTION_WORDS.has(word)) continue;
    if (word.length < 3 && !hasUnspacedScript(word)) continue;
    stems.add(stem(word));
  }
  return stems;
}

/**
 * Removes common English endings ("destroyed" / "destroys" / "destroying"). Deliberately crude: forms of one word only need
 * to have the same stem.
 */
export function stem(word: string): string {
  return word
    .replace(/(?:sses|ies)$/, (end) => (end === 'ies' ? 'y' : 'ss'))
    .replace(/(?<=.{3})(?:ingly|edly|ing|ed|ly|es|s)$/, '')
    .replace(/([bdfgmnprt])\1$/, '$1')
    .replace(/(?<=.{3})[ey]$/, '');
}

function characterPairs(run: string): string[] {
  const characters = Array.from(run);
  if (characters.length === 1) return characters;
  return characters.slice(1).map((character, index) => `${characters[index] ?? ''}${character}`);
}
