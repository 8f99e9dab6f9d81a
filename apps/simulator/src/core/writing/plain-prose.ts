import { isAnaphoric, isWhole, tidySentence } from '../text/condense.ts';
import { rankTexts } from '../text/rank-sentences.ts';
import { splitSentences } from '../text/split-sentences.ts';
import { contentStems, countWords } from '../text/words.ts';
import { writeFrom } from './article-part.ts';
import { evidenceOf, type Evidence } from './evidence.ts';
import type { Writer } from './writer.ts';

const DEFAULT_WORDS = 180;
export const NOTHING_TO_WORK_FROM =
  'This is a reply of the offline simulator. It writes only from the text it is given, and this request holds none to work from.';

/** Prose for a request without a schema: from sources and notes if there are any, else from the user's text. */
export const writePlainProse: Writer<string> = ({ prompt, random }) => {
  const words = prompt.section?.words ?? prompt.words ?? wordsWanted(prompt.plain) ?? DEFAULT_WORDS;
  const given = evidenceOf(prompt);
  if (given.length > 0) return writeFrom(leading(given, contentStems(prompt.topic), words), prompt, words, random);
  const own = splitSentences(prompt.plain)
    .filter((sentence) => countWords(sentence.text) >= 6 && isWhole(sentence.text) && !sentence.text.endsWith('?'))
    .map((sentence) => ({ text: tidySentence(sentence.text), sources: [] }));
  if (own.length < 3)
    return own.length === 0
      ? NOTHING_TO_WORK_FROM
      : `${NOTHING_TO_WORK_FROM} What was said: ${own.map(({ text }) => text).join(' ')}`;
  return writeFrom(leading(own, contentStems(prompt.topic), words), prompt, words, random);
};

/** The best facts that fit into the words, in the given order. */
export function leading(facts: readonly Evidence[], about: ReadonlySet<string>, words: number): Evidence[] {
  const limit = Math.max(2, Math.ceil(words / 18));
  return rankTexts(
    facts.map((fact) => fact.text),
    about,
  )
    .map((entry) => ({
      ...entry,
      score: isAnaphoric(facts[entry.index]?.text ?? '') ? entry.score * 0.3 : entry.score,
    }))
    .sort((left, right) => right.score - left.score)
    .slice(0, limit)
    .sort((left, right) => left.index - right.index)
    .flatMap(({ index }) => facts[index] ?? []);
}

function wordsWanted(text: string): number | undefined {
  const requested = /\b(\d{2,4})[- ]words?\b/i.exec(text)?.[1];
  return requested === undefined ? undefined : Math.min(5_000, Math.max(20, Number(requested)));
}
