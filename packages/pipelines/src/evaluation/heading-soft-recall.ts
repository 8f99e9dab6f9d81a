/**
 * Share of a reference outline that another outline covers, from 0 to 1, with partial credit for similar headings: heading
 * soft recall as in the STORM evaluation. A set's soft cardinality is the sum of 1 / (similarities of an element to all
 * elements, itself included), and |A ∩ B| = |A| + |B| − |A ∪ B|.
 *
 * Similarity is the cosine of character trigrams, without any model: "Death and legacy" matches "Legacy of his death", but
 * "Reception" does not match "What critics said". Compare values only with other values of this function.
 */
export function headingSoftRecall(reference: readonly string[], written: readonly string[]): number {
  const expected = reference.map(trigrams).filter(hasTrigrams);
  const actual = written.map(trigrams).filter(hasTrigrams);
  if (expected.length === 0) return 1;
  if (actual.length === 0) return 0;
  const shared = softCardinality(expected) + softCardinality(actual) - softCardinality([...expected, ...actual]);
  return Math.min(1, Math.max(0, shared / softCardinality(expected)));
}

type Trigrams = ReadonlyMap<string, number>;

const hasTrigrams = (counts: Trigrams): boolean => counts.size > 0;

function softCardinality(headings: readonly Trigrams[]): number {
  return headings.reduce(
    (total, heading) => total + 1 / headings.reduce((sum, other) => sum + cosine(heading, other), 0),
    0,
  );
}

/** Trigrams of each word separately, so that word order does not matter. */
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
