/**
 * How much of a reference outline another outline covers, from 0 to 1, counting headings that resemble each other in part:
 * soft cardinality, as outlines have been compared since the STORM evaluation. A set's cardinality is the sum of
 * 1 / (similarities of an element to all elements, itself included), and |A ∩ B| = |A| + |B| − |A ∪ B|.
 *
 * Likeness is measured on letters (cosine of character trigrams), without any model: it sees "Death and legacy" in
 * "Legacy of his death" and misses "Reception" in "What critics said". Figures compare only with figures of this function.
 */
export function headingSoftRecall(reference: readonly string[], written: readonly string[]): number {
  const own = reference.map(trigrams).filter(isTelling);
  const other = written.map(trigrams).filter(isTelling);
  if (own.length === 0) return 1;
  if (other.length === 0) return 0;
  const shared = softCardinality(own) + softCardinality(other) - softCardinality([...own, ...other]);
  return Math.min(1, Math.max(0, shared / softCardinality(own)));
}

type Trigrams = ReadonlyMap<string, number>;

const isTelling = (counts: Trigrams): boolean => counts.size > 0;

function softCardinality(headings: readonly Trigrams[]): number {
  return headings.reduce(
    (total, heading) => total + 1 / headings.reduce((sum, other) => sum + cosine(heading, other), 0),
    0,
  );
}

/** Trigrams of each word by itself, so that the order of words does not matter. */
function trigrams(heading: string): Trigrams {
  const counts = new Map<string, number>();
  for (const [word] of heading
    .normalize('NFKC')
    .toLowerCase()
    .matchAll(/[\p{L}\p{N}]+/gu)) {
    const padded = ` ${word} `;
    for (let at = 0; at + 3 <= padded.length; at += 1) {
      const gram = padded.slice(at, at + 3);
      counts.set(gram, (counts.get(gram) ?? 0) + 1);
    }
  }
  return counts;
}

function cosine(left: Trigrams, right: Trigrams): number {
  let product = 0;
  for (const [gram, count] of left) product += count * (right.get(gram) ?? 0);
  return product / (length(left) * length(right));
}

const length = (counts: Trigrams): number =>
  Math.sqrt([...counts.values()].reduce((sum, count) => sum + count ** 2, 0));
