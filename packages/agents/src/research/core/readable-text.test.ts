import { describe, expect, it } from 'vitest';
import { readableText } from './readable-text.ts';

const paragraph = 'Street trees cool the air around them by shade and by the water that their leaves give off in summer. ';
const page = `<!doctype html><html><head><title>Trees &amp; heat</title><script>steal()</script></head><body>
  <nav><a href="/">Home</a> <a href="/shop">Shop</a></nav>
  <article><h1>Trees &amp; heat</h1><p>${paragraph.repeat(3)}</p><ul><li>First item of the list</li><li>Second item</li></ul>
  <p>Last ${paragraph.repeat(2)}</p></article><footer>Imprint</footer></body></html>`;

describe('readableText', () => {
  it('takes the article out of a page, its blocks apart', () => {
    const readable = readableText({ contentType: 'text/html; charset=utf-8', text: page });
    expect(readable?.title).toBe('Trees & heat');
    expect(readable?.text).toContain('First item of the list\n\nSecond item\n\nLast Street trees');
    expect(readable?.text).not.toMatch(/steal|Shop|Imprint|<p>/);
  });

  it('recognises HTML that does not say so', () => {
    expect(readableText({ contentType: '', text: page })?.title).toBe('Trees & heat');
  });

  it('takes Markdown and plain text as they are, with a heading as title', () => {
    expect(readableText({ contentType: 'text/markdown', text: '# On trees\r\n\r\nThey cool.' })).toEqual({
      title: 'On trees',
      text: '# On trees\n\nThey cool.',
    });
    expect(readableText({ contentType: 'text/plain', text: 'They cool.' })).toEqual({ title: '', text: 'They cool.' });
  });

  it.each([
    { title: 'a picture', contentType: 'image/png', text: 'PNG' },
    { title: 'an empty text', contentType: 'text/plain', text: ' \n ' },
    { title: 'a page without an article', contentType: 'text/html', text: '<html><body></body></html>' },
    { title: 'nothing at all', contentType: 'text/html', text: '' },
  ])('finds nothing in $title', ({ contentType, text }) => {
    expect(readableText({ contentType, text })).toBeUndefined();
  });

  it('survives pages nested beyond reason', () => {
    const text = `<html><body>${'<div>'.repeat(60_000)}x</body></html>`;
    expect(() => readableText({ contentType: 'text/html', text })).not.toThrow();
  });
});
