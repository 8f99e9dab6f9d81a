import { countWords, type DocumentPart } from '@pressroom/pipelines';

export interface Resize {
  part: DocumentPart;
  /** Words the part must have for the whole to have its own. */
  words: number;
}

/** A section is at most doubled and at most halved: beyond that its notes would not carry it, or the reader. */
const FACTOR = { min: 0.5, max: 2 } as const;

/**
 * Which section to write anew so that the whole comes to its target: the one furthest from its own budget in the
 * direction that is needed. Undefined without sections.
 */
export function chooseResize(parts: readonly DocumentPart[], targetWords: number): Resize | undefined {
  const counted = parts.map((part) => ({ part, count: countWords(part.markdown) }));
  const missing = targetWords - counted.reduce((total, { count }) => total + count, 0);
  const offBy = ({ part, count }: (typeof counted)[number]): number =>
    ((part.words ?? count) - count) * Math.sign(missing);
  const [worst] = counted.filter(({ part }) => part.part !== 'lead').sort((a, b) => offBy(b) - offBy(a));
  if (worst === undefined || missing === 0) return undefined;
  const { part, count } = worst;
  const words = Math.round(Math.min(count * FACTOR.max, Math.max(count * FACTOR.min, count + missing)));
  return { part, words };
}
