const CODE = /```[\s\S]*?(?:```|$)|`[^`\n]+`/g;
const URL = String.raw`(?:https?:)?\/\/[^\s<>()[\]"']+`;
// No class holds the bracket that opens its pattern: that is what keeps them linear.
const IMAGE = /!\[([^[\]]*)\](?:\([^)[]*\)|\[[^[\]]*\])/g;
const LINK = /\[([^[\]]*)\]\(([^)[]*)\)/g;
const DEFINITION = /^[ \t]*\[[^[\]\n]+\]:[ \t]+\S.*$/gm;
const HTML = /<!--[\s\S]*?(?:-->|$)|<\/?[a-z][^<>]{0,500}>/gi;
const AUTOLINK = new RegExp(`<${URL}>|${URL}`, 'gi');

/**
 * Markdown without anything that acts when it is shown: no images, no HTML, no links but to addresses the user has named.
 * Rendering an image or following a link carries whatever its address holds to whoever runs it, so that no address may come
 * from a model that may have read it in a source. Texts of links and images stay.
 */
export function escapeMarkup(markdown: string, allowed: ReadonlySet<string> = new Set()): string {
  const kept: string[] = [];
  const keep = (text: string): string => `\u0000${kept.push(text) - 1}\u0000`;
  const neutral = markdown
    .replaceAll('\u0000', '')
    // Code is shown as it is.
    .replace(CODE, keep)
    .replace(IMAGE, '$1')
    .replace(LINK, (whole, text: string, target: string) => (allowed.has(addressOf(target)) ? keep(whole) : text))
    .replace(DEFINITION, '')
    .replace(AUTOLINK, (whole) => (allowed.has(withoutMarks(whole.replace(/^<|>$/g, ''))) ? keep(whole) : ''))
    .replace(HTML, '')
    // What is too odd for the patterns above is still no image and no link.
    .replace(/\](?=\()/g, '] ');
  return neutral.replace(/\u0000(\d+)\u0000/g, (_whole, index: string) => kept[Number(index)] ?? '');
}

/** Every address in what the user has written: these may be linked to. */
export function addressesIn(input: unknown): ReadonlySet<string> {
  const found = JSON.stringify(input).match(new RegExp(URL, 'gi')) ?? [];
  return new Set(found.map((address) => withoutMarks(address.split('\\', 1)[0] ?? address)));
}

/** The address in a link's parentheses, without its angle brackets and title. */
const addressOf = (target: string): string => target.trim().replace(/^</, '').split(/[\s>]/, 1)[0] ?? '';

/** Marks at the end of an address belong to the sentence it stands in. */
const withoutMarks = (address: string): string => address.replace(/(?<![.,;:!?])[.,;:!?]+$/, '');
