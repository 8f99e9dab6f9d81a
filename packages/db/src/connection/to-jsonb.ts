/** Escapes that `jsonb` rejects: NUL and unpaired surrogates, which `JSON.stringify` always escapes. */
const UNSTORABLE = /\\u(?:0000|d[89a-f])/;
const ESCAPES = /\\(?:u0000|ud[89a-f][0-9a-f]{2}|.)/g;

/**
 * Serialises a value to JSON that PostgreSQL can store. Replaces characters that `jsonb` rejects, which model replies and fetched
 * pages may contain, by U+FFFD: one rejected value would fail its whole batch. Bigints become decimal strings.
 */
export function toJsonb(value: unknown): string {
  const json = stringify(value);
  if (!UNSTORABLE.test(json)) return json;
  return json.replace(ESCAPES, (escape) => (escape.length === 6 ? '\\ufffd' : escape));
}

/** Uses a replacer only when there is a bigint, because it makes `JSON.stringify` several times slower. */
function stringify(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return JSON.stringify(value, (_key, part: unknown) => (typeof part === 'bigint' ? part.toString() : part));
  }
}
