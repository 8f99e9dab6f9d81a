import { stripCitations } from '../text/words.ts';

/** Inserts `[1][3]` before the full stop; a sentence without sources is unchanged. */
export function cite(sentence: string, sources: readonly number[]): string {
  if (sources.length === 0) return sentence;
  const marks = sources
    .slice(0, 3)
    .map((source) => `[${source}]`)
    .join('');
  const end = /([.!?])(["”’')]*)$/.exec(sentence);
  if (!end) return `${sentence} ${marks}.`;
  return `${sentence.slice(0, end.index)}${end[2] ?? ''} ${marks}${end[1] ?? '.'}`;
}

/** Replaces the citations of a sentence. */
export function recite(sentence: string, sources: readonly number[]): string {
  const bare = stripCitations(sentence).trim();
  return cite(bare, sources);
}
