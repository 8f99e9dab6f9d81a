import { describe, expect, it } from 'vitest';
import { pageKind, plainPageText } from './plain-page-text.ts';
import { htmlPageText } from './readable-text.ts';

const paragraph =
  'Street trees cool the air around them by shade and by the water that their leaves give off in summer. ';
const page = `<!doctype html><html><head><title>Trees &amp; heat</title><script>steal()</script></head><body>
  <nav><a href="/">Home</a> <a href="/shop">Shop</a></nav>
  <article><h1>Trees &amp; heat</h1><p>${paragraph.repeat(3)}</p><ul><li>First item of the list</li><li>Second item</li></ul>
  <p>Last ${paragraph.repeat(2)}</p></article><footer>Imprint</footer></body></html>`;

describe('htmlPageText', () => {
  it('extracts the article of a page with separate blocks', () => {
    const readable = htmlPageText(page);
    expect(readable?.title).toBe('Trees & heat');
    expect(readable?.text).toContain('First item of the list\n\nSecond item\n\nLast Street trees');
    expect(readable?.text).not.toMatch(/steal|Shop|Imprint|<p>/);
  });

  it.each(['', '<html><body></body></html>', '<<<<', '<html><body><script>x()</script></body></html>'])(
    'finds nothing in "%s"',
    (html) => {
      expect(htmlPageText(html)).toBeUndefined();
    },
  );
});

describe('plainPageText', () => {
  it('returns the text with its heading as title', () => {
    expect(plainPageText('# On trees\r\n\r\nThey cool.')).toEqual({
      title: 'On trees',
      text: '# On trees\n\nThey cool.',
    });
    expect(plainPageText('They cool.')).toEqual({ title: '', text: 'They cool.' });
  });

  it('returns undefined for blanks', () => {
    expect(plainPageText(' \n ')).toBeUndefined();
  });
});

describe('pageKind', () => {
  it.each([
    ['text/html; charset=utf-8', 'x', 'html'],
    ['application/xhtml+xml', 'x', 'html'],
    ['', ' <!DOCTYPE html><html>', 'html'],
    ['', 'Just text', 'plain'],
    ['text/markdown', '<html>', 'plain'],
    ['application/pdf', '', 'pdf'],
    ['image/png', 'PNG', 'other'],
  ])('classifies "%s" with "%s" as %s', (contentType, text, kind) => {
    expect(pageKind({ contentType, text })).toBe(kind);
  });
});
