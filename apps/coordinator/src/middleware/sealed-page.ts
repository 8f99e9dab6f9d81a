import { openCursor, sealCursor } from '../core/page-cursor.ts';
import type { PageRequest } from '../ports.ts';
import { withOwnCursor } from './own-cursor.ts';

/**
 * Reads a page whose cursors belong to one list and one caller's view of it: the cursor of another list, filter or tenant is
 * refused.
 *
 * @param list what identifies the list: its name, its tenant, its filter
 * @throws {RequestError} VALIDATION_FAILED
 */
export async function readSealedPage<Found extends { nextCursor: string | null } | undefined>(
  list: Readonly<Record<string, unknown>>,
  { cursor, limit }: { cursor?: string | undefined; limit: number },
  read: (page: PageRequest) => Promise<Found>,
): Promise<Found> {
  const opened = cursor === undefined ? undefined : openCursor(cursor, list);
  const page = await withOwnCursor(read({ cursor: opened, limit }));
  if (page === undefined || page.nextCursor === null) return page;
  return { ...page, nextCursor: sealCursor(page.nextCursor, list) };
}
