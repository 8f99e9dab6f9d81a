/**
 * Markup shared by everything that writes or reads a prompt.
 *
 * Prompts delimit their parts with XML-like fences. Untrusted text is only ever placed inside a fence whose closing
 * tag has been defused in that text first, so that a source cannot end its own fence.
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

/** Signs that read as the opening of a tag, whatever their code point. */
const OPENERS = /[<\uff1c\ufe64\u2039\u276e\u27e8\u2329\u3008\u300a\u00ab\u02c2\u1438\u29fc\u2770\u276c]/gu;
/** What follows an opener as far as a tag's name could reach, however many invisible characters stand between its letters. */
const TAG_NAME = /^(?:[\s\p{M}\p{Cf}\p{Cc}]*[^\s\p{M}\p{Cf}\p{Cc}]){0,14}/u;
const MOST_TAG_CHARACTERS = 2_000;
/** Letters that nobody sees and models read: a way to hide orders in a text. */
const HIDDEN_LETTERS = /[\u{e0000}-\u{e007f}]+/gu;
/** Letters of other scripts that look like Latin ones, as far as the names of fences need them. */
const LOOKALIKES: Readonly<Record<string, string>> = Object.fromEntries(
  ['aаαɑ', 'bƅЬ', 'cсϲ', 'dԁ', 'eеєҽ', 'fſ', 'iіιıl1', 'nոп', 'oоοσ0', 'rг', 'sѕ', 'tтτ', 'uυսц', 'jј'].flatMap(
    ([latin = '', ...others]) => others.map((other) => [other, latin]),
  ),
);
const FENCE_TAG = new RegExp(`^\\s*/?\\s*(?:${FENCES.map(fold).join('|')})(?![a-z0-9])`);

/**
 * Makes text safe to stand inside any fence: neither an opening nor a closing fence tag survives in it, nor anything that
 * a reader could take for one, with look-alike signs and letters or invisible characters between them; and no letters
 * that only a machine can see.
 */
export function defuse(text: string): string {
  const visible = text.replace(HIDDEN_LETTERS, '');
  return visible.replace(OPENERS, (opener, at: number) => {
    const behind = visible.slice(at + opener.length, at + opener.length + MOST_TAG_CHARACTERS);
    return FENCE_TAG.test(fold(TAG_NAME.exec(behind)?.[0] ?? '')) ? '(' : opener;
  });
}

/** What a stretch of text looks like: compatibility forms and look-alikes as plain letters, nothing invisible. */
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

/** `<name attr="value">…</name>` with the text defused and attribute values escaped. */
export function fence(name: Fence, text: string, attributes: Readonly<Record<string, string | number>> = {}): string {
  const head = Object.entries(attributes)
    .map(([key, value]) => ` ${key}="${escapeAttribute(String(value))}"`)
    .join('');
  return `<${name}${head}>\n${defuse(text)}\n</${name}>`;
}

/** One line, nothing that turns the direction of writing, no quote and no tag of any kind. */
function escapeAttribute(value: string): string {
  return defuse(value)
    .replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu, ' ')
    .replace(/&/g, '&amp;')
    .replace(/"/g, '&quot;')
    .replace(/</g, '&lt;');
}
