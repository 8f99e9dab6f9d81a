/** What `jsonb` refuses: NUL, and surrogates without their other half, which `JSON.stringify` always writes as escapes. */
const UNSTORABLE = /\\u(?:0000|d[89a-f])/;
const ESCAPES = /\\(?:u0000|ud[89a-f][0-9a-f]{2}|.)/g;

/**
 * JSON text that PostgreSQL can store whatever it came from: a model's reply and a fetched page may hold characters that
 * `jsonb` refuses, and one refused value would fail every neighbour in its batch. They become U+FFFD. Bigints become
 * decimal strings.
 */
export function toJsonb(value: unknown): string {
  const json = stringify(value);
  if (!UNSTORABLE.test(json)) return json;
  return json.replace(ESCAPES, (escape) => (escape.length === 6 ? '\\ufffd' : escape));
}

/** A replacer makes `JSON.stringify` several times slower, and hardly any value holds a bigint: it is the second try. */
function stringify(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return JSON.stringify(value, (_key, part: unknown) => (typeof part === 'bigint' ? part.toString() : part));
  }
}
