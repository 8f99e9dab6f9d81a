import { describe, expect, it } from 'vitest';
import { extractUrls, escapeMarkup } from './escape-markup.ts';

describe('escapeMarkup', () => {
  it.each([
    ['an image', 'See ![the map](http://evil.test/p.png?q=secret) here.', 'See the map here.'],
    ['an image by reference', '![map][m]\n\n[m]: http://evil.test/p.png', 'map\n\n'],
    ['a link', 'Read [more](https://evil.test "now").', 'Read more.'],
    ['an address in angles', 'At <https://evil.test/a>.', 'At .'],
    ['a bare address', 'At https://evil.test/a?b=c, they say.', 'At  they say.'],
    ['HTML', 'A<img src="//evil.test/x"> <b>bold</b><!-- hidden -->', 'A bold'],
    ['a tag over lines', 'a <script\nsrc=x>b', 'a b'],
  ])('removes %s', (_what, markdown, expected) => {
    expect(escapeMarkup(markdown)).toBe(expected);
  });

  it('does not change citations, emphasis, comparisons and code', () => {
    const text = 'It *grew* from 3 < 5 to [1][2] and **more** [3](see).'.replace('[3](see)', '[3]');
    const code = '`<b> ![x](http://a.b)` and\n\n```\n<script>\n```';
    expect(escapeMarkup(`${text}\n\n${code}`)).toBe(`${text}\n\n${code}`);
  });

  it('keeps links to URLs that the user has named', () => {
    const allowed = extractUrls({
      styleGuide: 'Link to https://shop.example/tea. Always.',
      sources: [{ url: 'https://a.example/b' }],
    });
    expect(escapeMarkup('[Tea](https://shop.example/tea), https://a.example/b.', allowed)).toBe(
      '[Tea](https://shop.example/tea), https://a.example/b.',
    );
    expect(escapeMarkup('[Tea](https://shop.example/tea?q=secret)', allowed)).toBe('Tea');
  });
});
