import { describe, expect, it } from 'vitest';
import { boundSources } from './bound-sources.ts';

describe('boundSources', () => {
  it('does not change results within the limits', () => {
    const source = { title: 'Trees', url: 'https://example.org/', text: 'They cool.' };
    expect(boundSources([source], 3)).toEqual([source]);
  });

  it('returns the best results', () => {
    const sources = ['a', 'b', 'c'].map((text) => ({ title: '', text }));
    expect(boundSources(sources, 2).map(({ text }) => text)).toEqual(['a', 'b']);
  });

  it('clips titles to one line and texts to the limit', () => {
    const [source] = boundSources([{ title: ` a\n${'b'.repeat(1_000)}`, text: 'x'.repeat(1_000_000) }], 1);
    expect(source?.title).toHaveLength(300);
    expect(source?.title).toMatch(/^a b+$/);
    expect(source?.text).toHaveLength(120_000);
  });

  it.each([
    'file:///etc/passwd',
    'javascript:alert(1)',
    'https://u:p@example.org/',
    'not an address',
    `https://e.org/${'a'.repeat(3_000)}`,
  ])('drops the URL %s, and a result without text and URL', (url) => {
    expect(boundSources([{ title: 'T', url, text: 'x' }], 1)).toEqual([{ title: 'T', text: 'x' }]);
    expect(boundSources([{ title: 'T', url }], 1)).toEqual([]);
  });
});
