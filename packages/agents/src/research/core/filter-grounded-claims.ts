import type { SourceSummary } from '@pressroom/contracts';
import { measureGrounding, splitSentences, type SourceIndex, type SourceText } from '@pressroom/pipelines';

type Point = SourceSummary['points'][number];

/** A paraphrased point with a correct quote must share at least this much of its content with the source. */
const MIN_COVERAGE = 0.15;

/**
 * Returns the points that their source supports: it must contain their figures and names, and either most of their words, or
 * their quote and some of their words. Removes statements that a model added from memory or because of an injection.
 *
 * @param index of this source
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
    // Checks each sentence, so that an addition to a supported statement is detected.
    return splitSentences(point.text).every((sentence) => {
      const support = measureGrounding(sentence.text, [source.id], index, topic);
      return support.missing.length === 0 && (support.isGrounded || (isQuoted && support.coverage >= MIN_COVERAGE));
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
