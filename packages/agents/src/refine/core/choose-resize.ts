import { countWords, type DocumentPart } from '@pressroom/pipelines';

export interface Resize {
  part: DocumentPart;
  /** Target words of the part that bring the whole article to its target. */
  words: number;
}

/** A section is at most doubled, which its notes can support, and at most halved. */
const FACTOR = { min: 0.5, max: 2 } as const;

/**
 * Chooses the section to rewrite so that the whole article reaches its target: the one whose own budget is missed most in
 * the required direction. Undefined without sections.
 */
export function chooseResize(parts: readonly DocumentPart[], targetWords: number): Resize | undefined {
  const counted = parts.map((part) => ({ part, count: countWords(part.markdown) }));
  const missing = targetWords - counted.reduce((total, { count }) => total + count, 0);
  const deviation = ({ part, count }: (typeof counted)[number]): number =>
    ((part.words ?? count) - count) * Math.sign(missing);
  const [worst] = counted.filter(({ part }) => part.part !== 'lead').sort((a, b) => deviation(b) - deviation(a));
  if (worst === undefined || missing === 0) return undefined;
  const { part, count } = worst;
  const words = Math.round(Math.min(count * FACTOR.max, Math.max(count * FACTOR.min, count + missing)));
  return { part, words };
}
