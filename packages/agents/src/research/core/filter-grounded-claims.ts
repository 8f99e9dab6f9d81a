import type { SourceSummary } from '@pressroom/contracts';
import { measureGrounding, splitSentences, type SourceIndex, type SourceText } from '@pressroom/pipelines';

type Point = SourceSummary['points'][number];

/** A point in other words than its quote still shares some of the source's; one that shares none is about something else. */
const LEAST_COVERAGE = 0.15;

/**
 * Points that their source, which `index` was made of, really makes: figures and names must stand in it, and either most of the words, or the quote
 * and some of them. What a model adds from memory, or was told to add, ends here, before it becomes a note.
 */
export function filterGroundedClaims(
  points: readonly Point[],
  source: SourceText,
  index: SourceIndex,
  topic: string,
): Point[] {
  const text = normalise(source.text);
  return points.filter((point) => {
    if (point.text.trim() === '') return false;
    const quote = normalise(point.quote);
    const isQuoted = quote.length > 0 && text.includes(quote);
    // Sentence by sentence: what was added to a statement must not hide behind it.
    return splitSentences(point.text).every((sentence) => {
      const support = measureGrounding(sentence.text, [source.id], index, topic);
      return support.missing.length === 0 && (support.isGrounded || (isQuoted && support.coverage >= LEAST_COVERAGE));
    });
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
