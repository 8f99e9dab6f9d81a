import { Readability } from '@mozilla/readability';
import { parseHTML } from 'linkedom';
import { tidyText, type ReadableText } from './plain-page-text.ts';

/** The part of the DOM used here; the libraries' types require those of a browser. */
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

/**
 * Extracts the article from an HTML page. Undefined when there is none or the page cannot be parsed. Time is unbounded on
 * hostile pages: run it in a process that can be terminated.
 */
export function htmlPageText(html: string): ReadableText | undefined {
  try {
    const article = new Readability(parseDom(html), { charThreshold: 200 }).parse();
    if (!article?.content) return undefined;
    const text = blockText(article.content);
    return text === '' ? undefined : { title: tidyText(article.title ?? '').replace(/\s+/g, ' '), text };
  } catch {
    return undefined;
  }
}

/** Text of the innermost blocks, so that paragraphs and list items remain separate. */
function blockText(content: string): string {
  const document = parseDom(`<!doctype html><html><body>${content}</body></html>`);
  const blocks = [...document.querySelectorAll(BLOCKS)]
    .filter((element) => element.querySelector(BLOCKS) === null)
    .map((element) => tidyText(element.textContent).replace(/\s+/g, ' '));
  const text = blocks.filter((block) => block !== '').join('\n\n');
  // Fallback for pages without any of these elements.
  return text === '' ? tidyText(document.body.textContent) : text;
}
