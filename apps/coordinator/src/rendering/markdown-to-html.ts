import { marked } from 'marked';
import sanitizeHtml from 'sanitize-html';

/** More than any document has; what is longer is cut with a note. */
const MAX_CHARACTERS = 1_000_000;
/** Levels of quotations and lists: the time of the Markdown parser grows faster than their number. */
const MAX_NESTING = 16;
const MAX_INDENT = 2 * MAX_NESTING;

/**
 * The body of a result as safe HTML. All of it is untrusted text: its HTML is reduced to a list of safe tags, nesting and
 * length are capped. Takes time without a useful bound on hostile text: runs in a sandbox only.
 */
export function markdownToHtml(markdown: string): string {
  const clipped = markdown.slice(0, MAX_CHARACTERS);
  const html = sanitizeHtml(marked.parse(capNesting(clipped), { async: false, gfm: true }), SAFE_HTML);
  return markdown.length > MAX_CHARACTERS
    ? `${html}<p>(The document is cut here: it is too long for this view.)</p>\n`
    : html;
}

/** Lines open at most {@link MAX_NESTING} quotations and list items, and are indented at most twice as far. */
export function capNesting(markdown: string): string {
  return markdown
    .split('\n')
    .map((line) => {
      let at = 0;
      let levels = 0;
      let kept = '';
      // One mark at a time: `>`, `-`, `*`, `+` or `1.`, with the blanks around it.
      for (;;) {
        const mark = MARK.exec(line.slice(at, at + 64))?.[0];
        if (mark === undefined) break;
        levels += 1;
        if (levels <= MAX_NESTING) kept += mark;
        at += mark.length;
      }
      const rest = line.slice(at);
      const indent = rest.length - rest.trimStart().length;
      return indent > MAX_INDENT ? `${kept}${' '.repeat(MAX_INDENT)}${rest.slice(indent)}` : kept + rest;
    })
    .join('\n');
}
const MARK = /^[ \t]{0,40}(?:>|(?:[-*+]|\d{1,9}[.)])(?=[ \t]))/;

const SAFE_HTML: sanitizeHtml.IOptions = {
  allowedTags: [
    ...['h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'p', 'ul', 'ol', 'li', 'blockquote', 'pre', 'code', 'hr', 'br'],
    ...['em', 'strong', 'del', 'sup', 'sub', 'a', 'table', 'thead', 'tbody', 'tr', 'th', 'td'],
  ],
  allowedAttributes: { a: ['href', 'title', 'rel'], ol: ['start'] },
  allowedSchemes: ['http', 'https', 'mailto'],
  allowProtocolRelative: false,
  transformTags: { a: sanitizeHtml.simpleTransform('a', { rel: 'nofollow noopener noreferrer' }) },
};
