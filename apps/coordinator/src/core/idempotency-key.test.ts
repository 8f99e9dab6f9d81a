import { describe, expect, it } from 'vitest';

import { bulkItemKey, parseIdempotencyKey, singleTaskKey } from './idempotency-key.ts';

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

describe('stored keys', () => {
  const instant = '2026-11-21T06:00:00.000Z';

  it.each(['zz#0', '#0', 'a#1#22', `schedule:01a1f8dc-1179-76c9-9926-2d6da9715c81:${instant}`, 'schedule:#3'])(
    'of a single task can be those of no bulk request or schedule: %s',
    (key) => {
      const stored = singleTaskKey(key);
      expect(stored).toEqual({ key: `key ${key}`, formerKey: key });
      expect(() => parseIdempotencyKey(stored.key)).toThrow('fault');
    },
  );

  it.each(['zz', 'zz#', 'zz#0a', 'a#1b', 'reschedule:1', 'schedule'])('leave %s as it is', (key) => {
    expect(singleTaskKey(key)).toEqual({ key });
  });

  it('of two places or two bulk requests differ', () => {
    expect(
      new Set([bulkItemKey('a', 0), bulkItemKey('a', 10), bulkItemKey('a#1', 0), bulkItemKey('a#10', 0)]).size,
    ).toBe(4);
  });
});
