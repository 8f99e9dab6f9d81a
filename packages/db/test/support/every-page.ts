interface Page<Item> {
  items: Item[];
  nextCursor: string | null;
}

/** Asks for a list as it may be at once. */
export const WHOLE = { cursor: undefined, limit: 200 } as const;

/** Answer of a list that does not exist. */
export const NO_PAGE: Page<never> = { items: [], nextCursor: null };

/** Every item of a list, read in pages of a size; fails when the pages do not end. */
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
