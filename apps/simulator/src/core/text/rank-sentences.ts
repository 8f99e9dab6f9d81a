import { contentStems } from './words.ts';
import { overlap } from './similarity.ts';

export interface RankedText {
  index: number;
  score: number;
  stems: Set<string>;
}

/**
 * Scores texts by relevance to the query and by centrality among the texts (tf-idf).
 *
 * @returns one entry per text, in order; scores are comparable within one call only
 */
export function rankTexts(texts: readonly string[], query: ReadonlySet<string>): RankedText[] {
  const stems = texts.map(contentStems);
  const documentFrequency = new Map<string, number>();
  for (const set of stems) for (const item of set) documentFrequency.set(item, (documentFrequency.get(item) ?? 0) + 1);
  const weight = (item: string): number => {
    const frequency = documentFrequency.get(item) ?? 1;
    // Rare words say little about all texts, common words little about this one.
    return Math.log(1 + texts.length / frequency) * Math.log(1 + frequency);
  };
  return stems.map((set, index) => {
    let central = 0;
    for (const item of set) central += weight(item);
    const normalised = central / Math.sqrt(Math.max(4, set.size));
    return { index, score: normalised * (1 + overlap(set, query)), stems: set };
  });
}
