import { describe, expect, it } from 'vitest';

import { findValuePath } from './find-value-path.ts';

describe('findValuePath', () => {
  const body = { priority: 5, budgetUsd: 12n, input: { sources: [{ title: 'a' }, { title: 'b', 'odd key': 'c' }] } };

  it.each([
    ['b', 'input.sources[1].title'],
    ['c', 'input.sources[1]["odd key"]'],
    ['12', 'budgetUsd'],
    ['5', 'priority'],
  ])('finds %s at %s', (text, path) => {
    expect(findValuePath(body, text)).toBe(path);
  });

  it('names no field for a value that is absent or stands in two places', () => {
    expect(findValuePath(body, 'z')).toBeUndefined();
    expect(findValuePath({ a: 'x', b: 'x' }, 'x')).toBeUndefined();
  });
});
