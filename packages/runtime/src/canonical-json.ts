import { createHash } from 'node:crypto';

/**
 * JSON with sorted keys and no white space, so that equal values have equal text; the input of cache and journal keys. A
 * bigint is written as a string. Properties that are `undefined` are omitted.
 *
 * @throws TypeError for other undefined values, functions, symbols, non-finite numbers, cycles, and non-plain objects
 */
export function canonicalJson(value: unknown): string {
  return write(value, '$', new Set());
}

/** SHA-256 of a text's UTF-8 bytes, or of bytes, as 64 hex digits. */
export function sha256Hex(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

/** The first 16 hex digits of the hash of a value's canonical JSON: a version identifier of data. */
export const contentHash = (value: unknown): string => sha256Hex(canonicalJson(value)).slice(0, 16);

function write(value: unknown, path: string, ancestors: Set<object>): string {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return JSON.stringify(value);
    case 'number':
      if (!Number.isFinite(value)) throw new TypeError(`canonical JSON cannot hold ${value} at ${path}`);
      return JSON.stringify(value);
    case 'bigint':
      return `"${value}"`;
    case 'object':
      return value === null ? 'null' : writeObject(value, path, ancestors);
    case 'undefined':
    case 'function':
    case 'symbol':
      throw new TypeError(`canonical JSON cannot hold a value of type ${typeof value} at ${path}`);
  }
}

function writeObject(value: object, path: string, ancestors: Set<object>): string {
  if (ancestors.has(value)) throw new TypeError(`canonical JSON cannot hold a cycle at ${path}`);
  ancestors.add(value);
  try {
    if (Array.isArray(value)) {
      return `[${Array.from(value, (item, index) => write(item, `${path}[${index}]`, ancestors)).join(',')}]`;
    }
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) {
      throw new TypeError(`canonical JSON supports plain objects only, not ${value.constructor.name} at ${path}`);
    }
    // Sorted by UTF-16 code units, as RFC 8785 requires.
    const entries = Object.entries(value as Record<string, unknown>)
      .filter(([, item]) => item !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${write(item, `${path}.${key}`, ancestors)}`).join(',')}}`;
  } finally {
    ancestors.delete(value);
  }
}
