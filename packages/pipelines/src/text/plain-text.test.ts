import { describe, expect, it } from 'vitest';
import { plainText } from './plain-text.ts';

describe('plainText', () => {
  it('removes all Markdown', () => {
    expect(plainText('## A *fine* [link](https://example.org "t") [1]\n- `code` and __bold__, 2 * 3')).toBe(
      'A fine link\ncode and bold, 2 * 3',
    );
  });

  it('keeps underscores and stars inside words', () => {
    expect(plainText('snake_case and 2*3*4')).toBe('snake_case and 2*3*4');
  });
});
