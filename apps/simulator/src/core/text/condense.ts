import { countWords } from './words.ts';

const LEADING = new RegExp(
  '^(?:However|Moreover|Furthermore|In addition|Additionally|Also|Meanwhile|Nevertheless|Nonetheless|Consequently|' +
    'Subsequently|As a result|Therefore|Thus|Indeed|In fact|Even so|Still|Instead|Overall|Finally|Similarly|Likewise|' +
    'For example|For instance|Of note|Notably|But|And|So|Yet),?\\s+(?=\\S)',
);
/** Where a sentence may end early: the rest adds detail to a complete statement. */
const TAIL =
  /, (?=(?:which|who|whose|where|while|whereas|although|though|but|with|leaving|causing|making|resulting|including|followed by|according to|prompting|bringing|reaching|becoming|being|having|and (?:it|he|she|they|the|was|were|is|are|has|had|later|then)) )|; /g;
const VERB =
  /\b(?:is|are|was|were|be|been|has|have|had|do|does|did|can|could|may|might|will|would|should|must|became|began|made|took|went|came|gave|held|led|left|met|saw|set|won|wrote|said|grew|fell|ran|\p{L}{2,}ed|\p{L}{3,}(?:s|es))\b/u;
const SUBORDINATOR =
  /^(?:While|Although|Though|After|Before|When|If|Because|Since|As|During|Despite|Following|Until|Once)\b/;

/**
 * Makes a sentence self-contained: removes editorial marks, reference numbers and connectives that refer to an earlier
 * sentence. Adds nothing.
 */
export function tidySentence(sentence: string): string {
  const plain = sentence
    .replace(/(?<!\s)\s*\[[^\]]{0,40}\]/g, '')
    .replace(/(?<!\s)\s*\((?:listen|pronounced|born|Chinese|Japanese|French|Greek|lit\.)[^)]*\)/gi, '')
    .replace(/\*\*|__|`/g, '')
    .replace(/\s+/g, ' ')
    .replace(/(?<!\s)\s+([,.;:!?])/g, '$1')
    .replace(/(?<![.\s])([.!?])[.\s]+$|(?<=[!?])[.\s]+$/, '$1')
    .replace(/([.!?]["”’')]+)\.$/, '$1')
    .trim();
  const freed = plain.replace(LEADING, '');
  const text = upperFirst(freed === '' ? plain : freed);
  return /[.!?]["”’')]*$/.test(text) ? text : `${text.replace(/(?<![,;:\s])[,;:\s]+$/, '')}.`;
}

/**
 * Variants of a sentence, longest first: unchanged, without parentheses, and cut at clauses that only add detail. Every
 * variant consists of words of the sentence.
 */
export function shortenSentence(sentence: string): string[] {
  const variants = [sentence];
  const add = (candidate: string): void => {
    const text = tidySentence(candidate);
    const words = countWords(text);
    const previous = countWords(variants.at(-1) ?? sentence);
    if (words >= 6 && words < previous && isWhole(text)) variants.push(text);
  };
  const withoutAsides = sentence
    .replace(/(?<!\s)\s*\([^()]*\)/g, '')
    .replace(/, (?:which|who) [^,;.]{3,90}, /g, ', ')
    .replace(/, (?=(?:was|were|is|are|had|has)\b)/, ' ');
  add(withoutAsides);
  const stops = [...withoutAsides.matchAll(TAIL)].map((match) => match.index).filter((index) => index > 20);
  for (const stop of stops.reverse()) {
    const head = withoutAsides.slice(0, stop);
    if (VERB.test(head) && (!SUBORDINATOR.test(head) || head.includes(', '))) add(head);
  }
  return variants;
}

/** Whether brackets and quotation marks are balanced and the end is complete. */
export function isWhole(text: string): boolean {
  const count = (pattern: RegExp): number => (text.match(pattern) ?? []).length;
  if (count(/\(/g) !== count(/\)/g) || count(/“/g) !== count(/”/g) || count(/"/g) % 2 !== 0) return false;
  if (/\s\p{Lu}[.!?]$/u.test(text)) return false;
  return (
    !/\b(?:and|or|the|a|an|of|to|in|with|by|for|from|that|which|as|at|on|which (?:is|are|was|were))[.!?]$/i.test(
      text,
    ) && !/:[.!?]?$/.test(text)
  );
}

const POINTS_BACK =
  /^(?:He|She|It|They|This|These|Those|That|His|Her|Hers|Its|Their|Such|Both|Another|Other|Others|One|Some|Here|There|Then|Him|Them|We|I|You|Our|My)\b(?! (?:United|World|Times|Angeles))/;
const LEANS_ON_TIME =
  /\b(?:that|the same|the following|the next|the previous) (?:day|year|month|week|night|morning|afternoon|evening|time|point)\b|\b(?:due to|because of|following|after|despite) (?:this|that|these|those|which)\b|\bthe (?:former|latter)\b/i;
const LATE_PRONOUN =
  /^(?:While|After|Before|As|When|Although|Though|Since|Despite|During|Following|By|In|On)\b[^,]*, (?:it|he|she|they|his|her|their|its)\b/;

/** Whether a sentence refers to an earlier one and cannot be read alone. */
export function isAnaphoric(sentence: string): boolean {
  const text = sentence.replace(LEADING, '').replace(/^["“‘']/, '');
  return POINTS_BACK.test(text) || LATE_PRONOUN.test(text) || LEANS_ON_TIME.test(text.slice(0, 80));
}

export function upperFirst(text: string): string {
  return text === '' ? text : text.charAt(0).toUpperCase() + text.slice(1);
}

/** Lower-cases the first word if it is not a name: an article, a preposition, a pronoun. */
export function lowerFirst(sentence: string): string {
  const first = /^[\p{L}]+/u.exec(sentence)?.[0] ?? '';
  return /^(?:The|A|An|In|On|At|By|For|From|With|Within|Without|It|Its|He|His|She|Her|They|Their|This|That|These|Those|There|After|Before|During|While|When|As|Since|Although|Though|Despite|Following|Because|If|Most|Many|Some|Several|All|Both|Each|Few|Other|Another|One|Two|Three|Four|Five|Under|Over|Through|Throughout|Between|Among|Until|Once|Because|No|Not|Only|Such|About|Around|Nearly|Approximately|Early|Late|Officials|People|Residents|Critics|Researchers|Scientists)$/.test(
    first,
  )
    ? first.toLowerCase() + sentence.slice(first.length)
    : sentence;
}
