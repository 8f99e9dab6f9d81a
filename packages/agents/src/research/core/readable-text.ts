import { Readability } from '@mozilla/readability';
import { parseHTML } from 'linkedom';

export interface ReadableText {
  title: string;
  /** Paragraphs apart by an empty line. */
  text: string;
}

/** More HTML than this is no article; parsing it would hold up everything else in the process. */
const MOST_HTML_CHARACTERS = 2_000_000;
const BLOCKS = 'p, li, h1, h2, h3, h4, h5, h6, blockquote, pre, figcaption, td, th, dt, dd';

/**
 * The readable text of a page by its content type: articles out of HTML, plain text and Markdown as they are.
 * Undefined when there is none, or when the type is not one of text.
 */
export function readableText(page: { contentType: string; text: string }): ReadableText | undefined {
  const type = page.contentType.split(';')[0]?.trim().toLowerCase() ?? '';
  if (isHtml(type, page.text)) return fromHtml(page.text);
  if (type !== '' && !/^text\/|^application\/(?:markdown|json)$/.test(type)) return undefined;
  const text = tidy(page.text);
  return text === '' ? undefined : { title: /^#\s+(.{1,200})$/m.exec(text)?.[1]?.trim() ?? '', text };
}

const isHtml = (type: string, text: string): boolean =>
  type === 'text/html' || type === 'application/xhtml+xml' || (type === '' && /^\s*<(?:!doctype|html)\b/i.test(text));

function fromHtml(html: string): ReadableText | undefined {
  try {
    const { document } = parseHTML(html.slice(0, MOST_HTML_CHARACTERS));
    const article = new Readability(document, { charThreshold: 200 }).parse();
    if (!article?.content) return undefined;
    const text = blockText(article.content);
    return text === '' ? undefined : { title: tidy(article.title ?? '').replace(/\s+/g, ' '), text };
  } catch {
    // Pages too broken or too deeply nested to parse have no readable text.
    return undefined;
  }
}

/** Text of the innermost blocks, so that paragraphs and list items stay apart. */
function blockText(content: string): string {
  const { document } = parseHTML(`<!doctype html><html><body>${content}</body></html>`);
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
