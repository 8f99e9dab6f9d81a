import { createHash } from 'node:crypto';

/**
 * JSON with sorted keys and no white space, so that equal values have equal text: cache and journal keys are hashes of
 * it. A bigint is written as a string. A property that is `undefined` is left out, as one that is absent.
 *
 * @throws TypeError for other undefined values, functions, symbols, non-finite numbers, cycles, and objects that are not plain
 */
export function canonicalJson(value: unknown): string {
  return write(value, '$', new Set());
}

/** SHA-256 of a text's UTF-8, or of bytes, as 64 hex digits. */
export function sha256Hex(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

/** The first 16 hex digits of the hash of a value's canonical JSON: names a version of data. */
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
      throw new TypeError(`canonical JSON holds plain objects only, not ${value.constructor.name} at ${path}`);
    }
    // Sorted by UTF-16 code units, as RFC 8785 asks.
    const entries = Object.entries(value as Record<string, unknown>)
      .filter(([, item]) => item !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${write(item, `${path}.${key}`, ancestors)}`).join(',')}}`;
  } finally {
    ancestors.delete(value);
  }
}
