/**
 * Markup shared by everything that writes or reads a prompt.
 *
 * Prompts delimit their parts with XML-like fences. Untrusted text is only ever placed inside a fence whose closing
 * tag has been defused in that text first, so that a source cannot end its own fence.
 */
export const FENCES = ['brief', 'questions', 'source', 'notes', 'outline', 'section', 'article', 'defects', 'reference', 'rejection'] as const;
export type Fence = (typeof FENCES)[number];

/** Makes text safe to stand inside any fence: neither an opening nor a closing fence tag survives in it. */
export function defuse(text: string): string {
  return text.replace(/<(?=\/?\s*(?:brief|questions|source|notes|outline|section|article|defects|reference|rejection)\b)/gi, '‹');
}

/** `<name attr="value">…</name>` with the text defused and attribute values escaped. */
export function fence(name: Fence, text: string, attributes: Readonly<Record<string, string | number>> = {}): string {
  const head = Object.entries(attributes)
    .map(([key, value]) => ` ${key}="${escapeAttribute(String(value))}"`)
    .join('');
  return `<${name}${head}>\n${defuse(text)}\n</${name}>`;
}

function escapeAttribute(value: string): string {
  return value.replace(/[\r\n\t]+/g, ' ').replace(/&/g, '&amp;').replace(/"/g, '&quot;').replace(/</g, '&lt;');
}
