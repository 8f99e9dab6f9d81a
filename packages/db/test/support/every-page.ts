interface Page<Item> {
  items: Item[];
  nextCursor: string | null;
}

/** A page request with the largest limit. */
export const WHOLE = { cursor: undefined, limit: 200 } as const;

/** Result of a list that does not exist. */
export const NO_PAGE: Page<never> = { items: [], nextCursor: null };

/** Reads every item of a list in pages of the given size; fails when the pages do not end. */
export async function everyPage<Item>(
  read: (page: { cursor: string | undefined; limit: number }) => Promise<Page<Item>>,
  limit: number,
): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | undefined;
  for (let pages = 0; pages < 1_000; pages += 1) {
    const page = await read({ cursor, limit });
    items.push(...page.items);
    if (page.nextCursor === null) return items;
    cursor = page.nextCursor;
  }
  throw new Error('the pages do not end');
}
