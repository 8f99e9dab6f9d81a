import { CursorError } from './instant-cursor.ts';

/** End of a page ordered by name, with an id to distinguish equal names. */
export interface NameCursor {
  name: string;
  id: string;
}

const ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export const formatNameCursor = ({ name, id }: NameCursor): string =>
  Buffer.from(`${id}_${name}`).toString('base64url');

/** @throws {CursorError} for a text that `formatNameCursor` cannot return */
export function parseNameCursor(text: string): NameCursor {
  const decoded = Buffer.from(text, 'base64url').toString('utf8');
  const at = decoded.indexOf('_');
  const [id, name] = [decoded.slice(0, Math.max(0, at)), decoded.slice(at + 1)];
  if (!ID.test(id) || name.includes('\0')) throw new CursorError('the cursor does not belong to this list');
  return { name, id };
}
