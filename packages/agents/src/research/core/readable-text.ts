import { Readability } from '@mozilla/readability';
import { parseHTML } from 'linkedom';

export interface ReadableText {
  title: string;
  /** Paragraphs apart by an empty line. */
  text: string;
}

/** The little of a DOM that is used here; the libraries' own types want a browser's. */
interface DomElement {
  textContent: string;
  querySelector(selector: string): DomElement | null;
}
interface DomDocument {
  body: DomElement;
  querySelectorAll(selector: string): Iterable<DomElement>;
}
const parseDom = (html: string): DomDocument => (parseHTML(html) as unknown as { document: DomDocument }).document;

const BLOCKS = 'p, li, h1, h2, h3, h4, h5, h6, blockquote, pre, figcaption, td, th, dt, dd';

/** What kind of document a page says it is, by its content type or, where it says nothing, by its beginning. */
export function pageKind(page: { contentType: string; text: string }): 'html' | 'plain' | 'pdf' | 'other' {
  const type = page.contentType.split(';')[0]?.trim().toLowerCase() ?? '';
  if (type === 'application/pdf') return 'pdf';
  if (type === 'text/html' || type === 'application/xhtml+xml') return 'html';
  if (type === '') return /^\s*<(?:!doctype|html)\b/i.test(page.text) ? 'html' : 'plain';
  return /^text\/|^application\/(?:markdown|json)$/.test(type) ? 'plain' : 'other';
}

/** Plain text and Markdown as they are, a first heading as title. Undefined when there is nothing. */
export function plainPageText(text: string): ReadableText | undefined {
  const tidied = tidy(text);
  return tidied === '' ? undefined : { title: /^#\s+(.{1,200})$/m.exec(tidied)?.[1]?.trim() ?? '', text: tidied };
}

/**
 * The article out of a page. Undefined when there is none, or the page is too broken to parse. Takes time without a useful
 * bound on hostile pages: run it where it can be stopped.
 */
export function htmlPageText(html: string): ReadableText | undefined {
  try {
    const article = new Readability(parseDom(html), { charThreshold: 200 }).parse();
    if (!article?.content) return undefined;
    const text = blockText(article.content);
    return text === '' ? undefined : { title: tidy(article.title ?? '').replace(/\s+/g, ' '), text };
  } catch {
    return undefined;
  }
}

/** Text of the innermost blocks, so that paragraphs and list items stay apart. */
function blockText(content: string): string {
  const document = parseDom(`<!doctype html><html><body>${content}</body></html>`);
  const blocks = [...document.querySelectorAll(BLOCKS)]
    .filter((element) => element.querySelector(BLOCKS) === null)
    .map((element) => tidy(element.textContent).replace(/\s+/g, ' '));
  const text = blocks.filter((block) => block !== '').join('\n\n');
  // Pages without any of these elements still have their words.
  return text === '' ? tidy(document.body.textContent) : text;
}

const tidy = (text: string): string =>
  text
    .replace(/\r\n?/g, '\n')
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u200b\ufeff]/g, '')
    .replace(/[^\S\n]+\n/g, '\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
