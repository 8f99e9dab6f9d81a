import { ArticleInput } from '@pressroom/contracts';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';

import { formatIssues } from './format-issues.ts';

const faultsOf = (schema: z.ZodType, value: unknown, base = '') =>
  formatIssues(schema.safeParse(value, { reportInput: true }).error?.issues ?? [], base);

const source = (value: unknown) => faultsOf(ArticleInput, { topic: 'Lighthouses', sources: [value] }, 'input');

describe('formatIssues', () => {
  it('writes paths with indexes, below the base', () => {
    expect(source({ url: 'nope' })).toEqual([
      { path: 'input.sources[0].url', message: 'must be an absolute http(s) URL' },
    ]);
  });

  it('names each unknown field by itself', () => {
    expect(faultsOf(z.strictObject({}), { one: 1, two: 2 })).toEqual([
      { path: 'one', message: 'is not a known field' },
      { path: 'two', message: 'is not a known field' },
    ]);
  });

  it('says that a missing field is required', () => {
    expect(faultsOf(z.object({ topic: z.string() }), {})).toEqual([{ path: 'topic', message: 'is required' }]);
  });

  it.each([
    { title: 'a value of neither form', value: {} },
    { title: 'a value of both forms', value: { url: 'https://example.com', text: 'x' } },
    { title: 'a value that is no object', value: 5 },
  ])('answers the rule of the union for $title', ({ value }) => {
    expect(source(value)).toEqual([{ path: 'input.sources[0]', message: 'must be { url } or { title?, text }' }]);
  });

  it('stops at a hundred faults', () => {
    expect(faultsOf(z.array(z.string()), new Array(500).fill(1))).toHaveLength(100);
  });
});
