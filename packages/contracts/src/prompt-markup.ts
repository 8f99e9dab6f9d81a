/**
 * Markup shared by writers and readers of prompts.
 *
 * Prompts delimit their parts with XML-like fences. Untrusted text is always inside a fence and is escaped first, so that a
 * source cannot end its own fence.
 */
export const FENCES = [
  'brief',
  'questions',
  'source',
  'notes',
  'outline',
  'section',
  'article',
  'defects',
  'reference',
  'rejection',
] as const;
export type Fence = (typeof FENCES)[number];

/** Characters that look like the start of a tag. */
const OPENERS = /[<\uff1c\ufe64\u2039\u276e\u27e8\u2329\u3008\u300a\u00ab\u02c2\u1438\u29fc\u2770\u276c]/gu;
/** The text after `<` up to the length of a tag's name, with any number of invisible characters between its letters. */
const TAG_NAME = /^(?:[\s\p{M}\p{Cf}\p{Cc}]*[^\s\p{M}\p{Cf}\p{Cc}]){0,14}/u;
const MOST_TAG_CHARACTERS = 2_000;
/** Invisible letters that models read: a way to hide instructions in a text. */
const HIDDEN_LETTERS = /[\u{e0000}-\u{e007f}]+/gu;
/** Letters of other scripts that resemble Latin ones, for the names of fences. */
const LOOKALIKES: Readonly<Record<string, string>> = Object.fromEntries(
  ['aаαɑ', 'bƅЬ', 'cсϲ', 'dԁ', 'eеєҽ', 'fſ', 'iіιıl1', 'nոп', 'oоοσ0', 'rг', 'sѕ', 'tтτ', 'uυսц', 'jј'].flatMap(
    ([latin = '', ...others]) => others.map((other) => [other, latin]),
  ),
);
const FENCE_TAG = new RegExp(`^\\s*/?\\s*(?:${FENCES.map(fold).join('|')})(?![a-z0-9])`);

/**
 * Escapes text for use inside any fence: removes opening and closing fence tags and everything that resembles them, with
 * look-alike or invisible characters, and removes invisible letters.
 */
export function escapeFences(text: string): string {
  const visible = text.replace(HIDDEN_LETTERS, '');
  return visible.replace(OPENERS, (opener, at: number) => {
    const behind = visible.slice(at + opener.length, at + opener.length + MOST_TAG_CHARACTERS);
    return FENCE_TAG.test(fold(TAG_NAME.exec(behind)?.[0] ?? '')) ? '(' : opener;
  });
}

/** Folds text to its appearance: compatibility forms and look-alikes as plain letters, no invisible characters. */
function fold(text: string): string {
  return Array.from(
    text
      .normalize('NFKD')
      .toLowerCase()
      .replace(/(?!\s)[\p{M}\p{Cf}\p{Cc}]/gu, ''),
  )
    .map((letter) => LOOKALIKES[letter] ?? letter)
    .join('')
    .replace(/^(\s*)[\u2044\u2215\u29f8\u2571\\]/, '$1/');
}

/** `<name attr="value">…</name>` with the text escaped and attribute values escaped. */
export function fence(name: Fence, text: string, attributes: Readonly<Record<string, string | number>> = {}): string {
  const head = Object.entries(attributes)
    .map(([key, value]) => ` ${key}="${escapeAttribute(String(value))}"`)
    .join('');
  return `<${name}${head}>\n${escapeFences(text)}\n</${name}>`;
}

/** One line without direction marks, quotes and tags. */
function escapeAttribute(value: string): string {
  return escapeFences(value)
    .replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu, ' ')
    .replace(/&/g, '&amp;')
    .replace(/"/g, '&quot;')
    .replace(/</g, '&lt;');
}
