import { describe, expect, it } from 'vitest';

import { parseIdempotencyKey } from './idempotency-key.ts';

describe('parseIdempotencyKey', () => {
  it('takes no header as no key', () => {
    expect(parseIdempotencyKey(undefined)).toBeUndefined();
  });

  it.each(['a', 'order-17/ä'.slice(0, 9), '~'.repeat(255)])('takes %s', (key) => {
    expect(parseIdempotencyKey(key)).toBe(key);
  });

  it.each([
    { title: 'an empty key', key: '' },
    { title: '256 characters', key: 'x'.repeat(256) },
    { title: 'a space, as two headers joined have', key: 'a, b' },
    { title: 'a character beyond ASCII', key: 'clé' },
    { title: 'a control character', key: 'a\u0007' },
  ])('refuses $title', ({ key }) => {
    expect(() => parseIdempotencyKey(key)).toThrow('fault');
  });
});
