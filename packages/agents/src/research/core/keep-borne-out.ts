import type { SourceSummary } from '@pressroom/contracts';
import { findSupport, indexSources, type SourceText } from '@pressroom/pipelines';

type Point = SourceSummary['points'][number];

/**
 * Points that their source really makes: figures and names must stand in it, and either the quote or most of the words.
 * What a model adds from memory ends here, before it becomes a note.
 */
export function keepBorneOut(points: readonly Point[], source: SourceText, topic: string): Point[] {
  const index = indexSources([source]);
  const text = normalise(source.text);
  return points.filter((point) => {
    if (point.text.trim() === '') return false;
    const support = findSupport(point.text, [source.id], index, topic);
    const quote = normalise(point.quote);
    return support.missing.length === 0 && (support.isBorneOut || (quote.length > 0 && text.includes(quote)));
  });
}

const normalise = (text: string): string =>
  text
    .normalize('NFKC')
    .replace(/[“”„«»]/g, '"')
    .replace(/[‘’]/g, "'")
    .replace(/[–—]/g, '-')
    .replace(/\s+/g, ' ')
    .trim()
    .toLocaleLowerCase();
