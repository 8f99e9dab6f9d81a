const CODE = /```[\s\S]*?(?:```|$)|`[^`\n]+`/g;
const URL = String.raw`(?:https?:)?\/\/[^\s<>()[\]"']+`;
// No character class contains the opening bracket of its pattern, which keeps matching linear.
const IMAGE = /!\[([^[\]]*)\](?:\([^)[]*\)|\[[^[\]]*\])/g;
const LINK = /\[([^[\]]*)\]\(([^)[]*)\)/g;
const DEFINITION = /^[ \t]*\[[^[\]\n]+\]:[ \t]+\S.*$/gm;
const HTML = /<!--[\s\S]*?(?:-->|$)|<\/?[a-z][^<>]{0,500}>/gi;
const AUTOLINK = new RegExp(`<${URL}>|${URL}`, 'gi');

/**
 * Removes active content from Markdown: images, HTML, and links except to URLs that the user has named. Loading an image or
 * following a link sends its URL to the server's owner, so no URL may come from a model, which may have read it in a source.
 * Texts of links and images remain.
 */
export function escapeMarkup(markdown: string, allowed: ReadonlySet<string> = new Set()): string {
  const protectedTexts: string[] = [];
  const protect = (text: string): string => `\u0000${protectedTexts.push(text) - 1}\u0000`;
  const escaped = markdown
    .replaceAll('\u0000', '')
    // Code is rendered literally.
    .replace(CODE, protect)
    .replace(IMAGE, '$1')
    .replace(LINK, (whole, text: string, target: string) => (allowed.has(linkUrl(target)) ? protect(whole) : text))
    .replace(DEFINITION, '')
    .replace(AUTOLINK, (whole) => (allowed.has(trimPunctuation(whole.replace(/^<|>$/g, ''))) ? protect(whole) : ''))
    .replace(HTML, '')
    // Disables images and links that the patterns above do not match.
    .replace(/\](?=\()/g, '] ');
  return escaped.replace(/\u0000(\d+)\u0000/g, (_whole, index: string) => protectedTexts[Number(index)] ?? '');
}

/** All URLs in the user's input, which may be linked to. */
export function extractUrls(input: unknown): ReadonlySet<string> {
  const found = JSON.stringify(input).match(new RegExp(URL, 'gi')) ?? [];
  return new Set(found.map((url) => trimPunctuation(url.split('\\', 1)[0] ?? url)));
}

/** The URL in a link's parentheses, without angle brackets and title. */
const linkUrl = (target: string): string => target.trim().replace(/^</, '').split(/[\s>]/, 1)[0] ?? '';

/** Punctuation at the end of a URL belongs to the sentence. */
const trimPunctuation = (url: string): string => url.replace(/(?<![.,;:!?])[.,;:!?]+$/, '');
