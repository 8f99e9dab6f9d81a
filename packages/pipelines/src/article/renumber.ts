import { citedIds, rewriteCitations } from '../text/citations.ts';

export interface Renumbered {
  /** The texts in the same order, citations as `[1][2]` in the new numbers. */
  texts: string[];
  /** Old numbers in the order of their first appearance: the first is now 1. */
  order: number[];
  /** Citations that name no known source and are gone, in order, without repetition. */
  dropped: number[];
}

/**
 * Numbers sources by first appearance over consecutive texts, writes every citation in one form and drops those that name
 * no known source. Doing it again changes nothing.
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
