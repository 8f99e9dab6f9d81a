import { stripCitations } from '../text/words.ts';

/** Puts `[1][3]` before the full stop; a sentence without sources stays as it is. */
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

/** Puts other citations in the place of those a sentence has. */
export function recite(sentence: string, sources: readonly number[]): string {
  const bare = stripCitations(sentence).trim();
  return cite(bare, sources);
}
