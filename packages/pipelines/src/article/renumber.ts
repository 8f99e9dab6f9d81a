import { citedIds, rewriteCitations } from '../text/citations.ts';

export interface Renumbered {
  /** The texts in the same order, citations as `[1][2]` in the new numbers. */
  texts: string[];
  /** Old numbers in the order of first appearance: the first one becomes 1. */
  order: number[];
  /** Removed citations of unknown sources, distinct, in order. */
  dropped: number[];
}

/**
 * Numbers sources by first appearance over consecutive texts, normalises the form of every citation and removes citations
 * of unknown sources. Idempotent.
 */
export function renumberCitations(texts: readonly string[], known: ReadonlySet<number>): Renumbered {
  const cited = [...new Set(texts.flatMap(citedIds))];
  const order = cited.filter((id) => known.has(id));
  const shown = new Map(order.map((id, index) => [id, index + 1]));
  return {
    texts: texts.map((text) => rewriteCitations(text, (id) => shown.get(id))),
    order,
    dropped: cited.filter((id) => !known.has(id)),
  };
}
