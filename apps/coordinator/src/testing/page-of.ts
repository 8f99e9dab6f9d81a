import type { Page, PageRequest } from '../ports.ts';

/** A page over memory; a cursor is the id of the last item of the page before. */
export function pageOf<Item extends { id: string }>(
  items: readonly Item[],
  { cursor, limit }: PageRequest,
): Page<Item> {
  const start = cursor === undefined ? 0 : items.findIndex(({ id }) => id === cursor) + 1;
  const shown = items.slice(start, start + limit);
  return { items: shown, nextCursor: start + limit < items.length ? (shown.at(-1)?.id ?? null) : null };
}
