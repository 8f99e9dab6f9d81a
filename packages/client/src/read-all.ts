import type { CallJson, CallOptions } from './call-json.ts';

interface AnyPage<Item> {
  items: Item[];
  /** Absent from coordinators that return the whole list at once. */
  nextCursor?: string | null;
}

/** Reads every page of a list. */
export async function readAll<Item>(
  json: CallJson,
  operation: Parameters<CallJson>[0],
  params: Readonly<Record<string, string>>,
  { signal }: CallOptions = {},
): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | undefined;
  do {
    const page: AnyPage<Item> = await json(operation, params, { query: { cursor }, signal });
    items.push(...page.items);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return items;
}
