export interface PageRequest {
  /** Of an earlier page; absent asks for the first. */
  cursor: string | undefined;
  limit: number;
}

export interface Page<Item> {
  items: Item[];
  /** Null when nothing follows. */
  nextCursor: string | null;
}

/**
 * Makes a page of rows of which one more than wanted was read.
 *
 * @param cursorOf the cursor that continues after a row
 */
export function toPage<Row, Item>(
  rows: readonly Row[],
  limit: number,
  toItem: (row: Row) => Item,
  cursorOf: (row: Row) => string,
): Page<Item> {
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  return { items: shown.map(toItem), nextCursor: last === undefined ? null : cursorOf(last) };
}
