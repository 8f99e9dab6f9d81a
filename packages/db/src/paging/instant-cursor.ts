import { AppError } from '@pressroom/runtime';

/** An invalid page cursor. */
export class CursorError extends AppError {
  readonly code = 'VALIDATION_FAILED';
  readonly retryable = false;
}

/** End of a page ordered by time. `at` is PostgreSQL's text of the instant, with microseconds. */
export interface InstantCursor {
  at: string;
  id: string;
}

const FORM = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?Z)_([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/** SQL expression of an instant in the cursor format. */
export const cursorInstant = (column: string): string =>
  `to_char(${column} AT TIME ZONE 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

export const formatInstantCursor = (cursor: InstantCursor): string =>
  Buffer.from(`${cursor.at}_${cursor.id}`).toString('base64url');

/** @throws {CursorError} for a text that `formatInstantCursor` cannot return */
export function parseInstantCursor(text: string): InstantCursor {
  const [, at, id] = FORM.exec(Buffer.from(text, 'base64url').toString('utf8')) ?? [];
  if (at === undefined || id === undefined || !isInstant(at)) {
    throw new CursorError('the cursor does not belong to this list');
  }
  return { at, id };
}

/** Stricter than `Date.parse`, which accepts 30 February, 24:00 and the year 0; PostgreSQL rejects these. */
function isInstant(at: string): boolean {
  const ms = Date.parse(at);
  return !Number.isNaN(ms) && !at.startsWith('0000') && new Date(ms).toISOString().startsWith(at.slice(0, 19));
}
