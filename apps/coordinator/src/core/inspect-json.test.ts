import { describe, expect, it } from 'vitest';

import { fieldPath, inspectJson, isUnstorable, JSON_LIMITS } from './inspect-json.ts';

const nested = (depth: number): unknown => JSON.parse('['.repeat(depth) + ']'.repeat(depth)) as unknown;

describe('inspectJson', () => {
  it('finds nothing wrong with an honest task', () => {
    expect(inspectJson({ type: 'article', input: { topic: 'x', sources: [{ text: 'y' }] } }, true)).toEqual([]);
  });

  it.each([
    { title: 'a NUL character', body: '{"input":{"topic":"a\\u0000b"}}', path: 'input.topic' },
    { title: 'an unpaired surrogate', body: '{"tags":["\\ud800"]}', path: 'tags[0]' },
    { title: 'a NUL in a name', body: '{"metadata":{"a\\u0000":"b"}}', path: 'metadata' },
    { title: 'a name that reaches into the prototype', body: '{"input":{"__proto__":{}}}', path: 'input.__proto__' },
    { title: 'a number that overflows', body: '{"priority":1e999}', path: 'priority' },
  ])('names the place of $title', ({ body, path }) => {
    expect(inspectJson(JSON.parse(body), true)).toEqual([expect.objectContaining({ path })]);
  });

  it('accepts nesting up to the limit and refuses one level more', () => {
    expect(inspectJson(nested(JSON_LIMITS.maxDepth), false)).toEqual([]);
    expect(inspectJson(nested(JSON_LIMITS.maxDepth + 1), false)).toHaveLength(1);
  });

  it('survives nesting that would overflow the stack of a recursive walk', () => {
    expect(inspectJson(nested(500_000), false)).toHaveLength(1);
  });

  it('refuses lists and objects of more values than allowed without looking into them', () => {
    expect(inspectJson({ list: new Array(JSON_LIMITS.maxArrayItems + 1).fill({ a: '\0' }) }, true)).toEqual([
      { path: 'list', message: 'has more than 10000 items' },
    ]);
    const wide = Object.fromEntries(Array.from({ length: 1_001 }, (_, index) => [`k${index}`, 1]));
    expect(inspectJson(wide, true)).toEqual([{ path: '', message: 'has more than 1000 fields' }]);
  });

  it('bounds the number of values in all', () => {
    const row = new Array(900).fill(0);
    expect(inspectJson(new Array(900).fill(row), false)).toEqual([
      { path: '', message: 'holds more than 20000 values' },
    ]);
  });
});

describe('isUnstorable', () => {
  it('lets paired surrogates through', () => {
    expect(isUnstorable('😀')).toBe(false);
  });
});

describe('fieldPath', () => {
  it('quotes and clips names that are no identifiers', () => {
    expect(fieldPath('input', 'a b')).toBe('input["a b"]');
    expect(fieldPath('', 'x'.repeat(5_000))).toHaveLength(104);
  });
});
