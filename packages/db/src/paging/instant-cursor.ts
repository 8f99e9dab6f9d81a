import { AppError } from '@pressroom/runtime';

/** A cursor that no page of ours has given out. */
export class CursorError extends AppError {
  readonly code = 'VALIDATION_FAILED';
  readonly retryable = false;
}

/** Where a page by time ended. `at` is PostgreSQL's own text of the instant, so that no microsecond is lost. */
export interface InstantCursor {
  at: string;
  id: string;
}

const FORM = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?Z)_([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/** SQL that writes an instant as cursors carry it. */
export const cursorInstant = (column: string): string =>
  `to_char(${column} AT TIME ZONE 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

export const formatInstantCursor = (cursor: InstantCursor): string =>
  Buffer.from(`${cursor.at}_${cursor.id}`).toString('base64url');

/** @throws {CursorError} for anything that `formatInstantCursor` did not make */
export function parseInstantCursor(text: string): InstantCursor {
  const [, at, id] = FORM.exec(Buffer.from(text, 'base64url').toString('utf8')) ?? [];
  if (at === undefined || id === undefined || !isInstant(at)) {
    throw new CursorError('the cursor is not one of this list');
  }
  return { at, id };
}

/** `Date.parse` rolls over what PostgreSQL refuses: 30 February, 24:00, and it knows a year 0. */
function isInstant(at: string): boolean {
  const ms = Date.parse(at);
  return !Number.isNaN(ms) && !at.startsWith('0000') && new Date(ms).toISOString().startsWith(at.slice(0, 19));
}
