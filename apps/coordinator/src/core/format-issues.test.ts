import { ArticleInput, DeadLetterFilter, Instant, UsdAmountInput } from '@pressroom/contracts';
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

  it.each([
    { schema: z.int().max(200), value: 500, message: 'must be at most 200' },
    { schema: z.number().positive(), value: 0, message: 'must be more than 0' },
    { schema: z.string().max(3), value: 'four', message: 'must have at most 3 characters' },
    { schema: z.array(z.int()).min(1), value: [], message: 'must have at least 1 items' },
    { schema: z.enum(['batch', 'interactive']), value: 'fast', message: 'must be one of batch, interactive' },
    { schema: z.literal(true), value: 1, message: 'must be true' },
    { schema: z.uuid(), value: 'x', message: 'must be a UUID' },
    { schema: z.string().max(3, 'is too long for a name'), value: 'four', message: 'is too long for a name' },
    { schema: Instant, value: '2026-02-20', message: 'must be a date and time with zone, e.g. 2026-02-20T00:00:00Z' },
    ...['1,50', '0.0000000001', -1, '-1', {}, '0'].map((value) => ({
      schema: UsdAmountInput,
      value,
      message:
        value === '0'
          ? 'must be more than zero'
          : 'must be a positive decimal number of dollars with at most 9 decimals, e.g. "0.25"',
    })),
  ])('says which rule $value breaks: $message', ({ schema, value, message }) => {
    expect(faultsOf(z.strictObject({ field: schema }), { field: value })).toEqual([{ path: 'field', message }]);
  });

  it('lists the codes that a dead letter can have', () => {
    const [fault] = faultsOf(DeadLetterFilter, { errorCode: 'NOPE' });
    expect(fault?.message).toMatch(/^must be one of STEP_TIMED_OUT, .*BUDGET_EXHAUSTED/);
    expect(fault?.message).not.toMatch(/LEASE_LOST|HEADERS_TOO_LARGE/);
  });

  it('stops at a hundred faults', () => {
    expect(faultsOf(z.array(z.string()), new Array(500).fill(1))).toHaveLength(100);
  });
});
