import { isStopword, stem, stripCitations } from './words.ts';

export interface KeyPhrase {
  text: string;
  stems: string[];
  score: number;
}

const TOKEN = /[\p{L}\p{N}]+(?:[-'’][\p{L}\p{N}]+)*|[^\s\p{L}\p{N}]/gu;
const VERBISH = /(?:ed|ing|ly)$/i;
const WEAK = new Set(
  (
    'year years day days month months week weeks time times people part number many first second third later early late new ' +
    'old large small high low great good best major main total million billion percent january february march april june ' +
    'july august september october november december monday tuesday wednesday thursday friday saturday sunday according ' +
    'left took made held known called found set began became least around approximately nearly including following due ' +
    'includes uses allow allows provide provides create creates help helps pick give gives take takes show shows ' +
    'state states area areas group members member report reports source sources note notes left right north south east west'
  ).split(' '),
);

interface Counted {
  text: string;
  stems: string[];
  count: number;
  proper: boolean;
}

/**
 * Extracts the key phrases of a text, of one to three words, best first: names and repeated combinations before single words.
 *
 * @param texts the texts to describe
 * @param background other texts: phrases common in them are excluded
 */
export function keyPhrases(texts: readonly string[], limit: number, background: readonly string[] = []): KeyPhrase[] {
  const counts = countPhrases(texts);
  const common = countPhrases(background);
  const candidates = [...counts.entries()].map(([key, phrase]) => {
    const elsewhere = common.get(key)?.count ?? 0;
    const frequency = phrase.count / (1 + elsewhere / Math.max(1, background.length / Math.max(1, texts.length)));
    const length = [0, 1, 1.9, phrase.proper ? 2.1 : 1.5, 2.1][phrase.stems.length] ?? 1;
    return { text: phrase.text, stems: phrase.stems, score: frequency * length * (phrase.proper ? 1.8 : 1) };
  });
  candidates.sort((left, right) => right.score - left.score || left.text.localeCompare(right.text));
  const chosen: KeyPhrase[] = [];
  for (const candidate of candidates) {
    if (chosen.length >= limit) break;
    if (chosen.some((other) => candidate.stems.some((item) => other.stems.includes(item)))) continue;
    chosen.push(candidate);
  }
  return chosen;
}

function countPhrases(texts: readonly string[]): Map<string, Counted> {
  const counts = new Map<string, Counted>();
  for (const text of texts) {
    let run: string[] = [];
    let atStart = true;
    let startsSentence = true;
    const flush = (): void => {
      addRun(counts, run, startsSentence);
      run = [];
    };
    for (const token of stripCitations(text).match(TOKEN) ?? []) {
      const isWord = /^[\p{L}]/u.test(token) && token.length > 2 && !isStopword(token);
      if (isWord) {
        if (run.length === 0) startsSentence = atStart;
        run.push(token);
      } else flush();
      atStart = /^[.!?]$/.test(token);
    }
    flush();
  }
  return counts;
}

/** Names count as a whole ("Baja California Peninsula"), other words in every combination of up to three. */
function addRun(counts: Map<string, Counted>, run: readonly string[], startsSentence: boolean): void {
  let at = 0;
  while (at < run.length) {
    const proper = isCapitalised(run[at] ?? '');
    let end = at + 1;
    while (end < run.length && isCapitalised(run[end] ?? '') === proper) end += 1;
    const words = run.slice(at, end);
    // A capitalised word at the start of a sentence may not be a name.
    if (proper && words.length === 1 && at === 0 && startsSentence) add(counts, words, false);
    else if (proper) add(counts, words.slice(0, 4), true);
    else
      for (let size = 1; size <= 3; size += 1)
        for (let from = 0; from + size <= words.length; from += 1) add(counts, words.slice(from, from + size), false);
    at = end;
  }
}

const isCapitalised = (word: string): boolean => /^\p{Lu}/u.test(word);

function add(counts: Map<string, Counted>, words: readonly string[], proper: boolean): void {
  if (!isPhrase(words, proper)) return;
  const stems = words.map(stem);
  const key = stems.join(' ');
  const known = counts.get(key);
  if (known) {
    known.count += 1;
    if (proper && !known.proper) Object.assign(known, { proper, text: words.join(' ') });
    return;
  }
  const text = words.join(' ');
  counts.set(key, { text: proper ? text : text.toLowerCase(), stems, count: 1, proper });
}

/** Names, or words of which none is a verb form or too general for a topic. */
function isPhrase(words: readonly string[], proper: boolean): boolean {
  if (words.some((word) => WEAK.has(word.toLowerCase())) && !(proper && words.length > 1)) return false;
  if (proper) return true;
  return words.every((word) => !VERBISH.test(word) && word.length > 3);
}
