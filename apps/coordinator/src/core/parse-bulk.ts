import { MAX_BULK_TASKS } from '@pressroom/contracts';

import { invalid, RequestError } from '../errors/request-error.ts';

/** One item of a bulk submission: what was sent, or that it could not be read. */
export type BulkItem = { readable: true; body: unknown } | { readable: false; error: RequestError };

/** @throws {RequestError} VALIDATION_FAILED when the body is no list of 1 to 1,000 items */
export function bulkItemsOfArray(body: unknown): BulkItem[] {
  if (!Array.isArray(body)) throw invalid([{ path: '', message: 'must be an array of tasks' }]);
  checkCount(body.length);
  return body.map((item: unknown) => ({ readable: true, body: item }));
}

/**
 * Splits NDJSON; blank lines do not count. A line that is not JSON is a fault of that item alone.
 * @throws {RequestError} VALIDATION_FAILED when there are not 1 to 1,000 items
 */
export function bulkItemsOfLines(text: string): BulkItem[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  checkCount(lines.length);
  return lines.map((line) => {
    try {
      return { readable: true, body: JSON.parse(line) as unknown };
    } catch {
      return { readable: false, error: new RequestError('MALFORMED_JSON', 'the line is not JSON') };
    }
  });
}

function checkCount(count: number): void {
  if (count === 0) throw invalid([{ path: '', message: 'holds no task' }]);
  if (count > MAX_BULK_TASKS) throw invalid([{ path: '', message: `holds more than ${MAX_BULK_TASKS} tasks` }]);
}
