import { format, inspect } from 'node:util';

import { describe, expect, it } from 'vitest';

import { Secret } from './secret.ts';

describe('Secret', () => {
  const secret = new Secret('canary');

  it.each([
    ['string conversion', String(secret)],
    ['concatenation', 'it is ' + secret.toString()],
    ['JSON', JSON.stringify({ secret })],
    ['inspect', inspect({ deep: { secret } }, { showHidden: true, depth: 9 })],
    ['format', format('%s %o %j', secret, secret, secret)],
    ['its own properties', JSON.stringify(Object.entries(secret))],
  ])('is not revealed by %s', (_, shown) => {
    expect(shown).not.toContain('canary');
  });

  it('returns its value from reveal', () => {
    expect(secret.reveal()).toBe('canary');
  });
});
