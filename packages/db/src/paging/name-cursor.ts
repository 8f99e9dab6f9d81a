import { CursorError } from './instant-cursor.ts';

/** Where a page by name ended: a name, and the id of what tells equal names apart. */
export interface NameCursor {
  name: string;
  id: string;
}

const ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export const formatNameCursor = ({ name, id }: NameCursor): string =>
  Buffer.from(`${id}_${name}`).toString('base64url');

/** @throws {CursorError} for anything that `formatNameCursor` did not make */
export function parseNameCursor(text: string): NameCursor {
  const decoded = Buffer.from(text, 'base64url').toString('utf8');
  const at = decoded.indexOf('_');
  const [id, name] = [decoded.slice(0, Math.max(0, at)), decoded.slice(at + 1)];
  if (!ID.test(id) || name.includes('\0')) throw new CursorError('the cursor is not one of this list');
  return { name, id };
}
