import { createHash } from 'node:crypto';

/** Short SHA-256 of a value's content, whatever the order of its keys: names a version of data. */
export function contentHash(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value, canonical)).digest('hex').slice(0, 16);
}

function canonical(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
