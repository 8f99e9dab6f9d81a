import { describe, expect, it } from 'vitest';
import { createFaultRegistry, type FaultTarget } from './fault-registry.ts';
import { FaultRule, type FaultRuleInput } from './fault-rule.ts';

const aTarget = (overrides: Partial<FaultTarget> = {}): FaultTarget => ({
  path: '/v1/messages',
  model: 'claude-haiku-5-5',
  purpose: 'article_part',
  ...overrides,
});
const aRegistry = (...rules: FaultRuleInput[]) => {
  const book = createFaultRegistry(1);
  book.add(
    rules.map((rule) => FaultRule.parse(rule)),
    0,
  );
  return book;
};
const status = (code = 500): FaultRuleInput['effect'] => ({ kind: 'status', status: code });

describe('createFaultRegistry', () => {
  it.each([
    { match: {}, hit: true },
    { match: { path: '/v1/messages' }, hit: true },
    { match: { path: '/v1/chat/completions' }, hit: false },
    { match: { model: 'claude-*' }, hit: true },
    { match: { model: 'claude' }, hit: false },
    { match: { model: 'gpt-*' }, hit: false },
    { match: { purpose: 'article_part' }, hit: true },
    { match: { schema: 'article_part' }, hit: true },
    { match: { schema: 'article_outline' }, hit: false },
  ])('matches $match: $hit', ({ match, hit }) => {
    expect(aRegistry({ match, effect: status() }).apply(aTarget(), 1).status !== undefined).toBe(hit);
  });

  it('applies only to the nth matching call', () => {
    const book = aRegistry({ match: { model: 'claude-*', nth: 2 }, effect: status() });
    const hits = ['claude-a', 'gpt-a', 'claude-b', 'claude-c'].map(
      (model) => book.apply(aTarget({ model }), 1).status !== undefined,
    );
    expect(hits).toEqual([false, false, true, false]);
  });

  it('ends a rule after its number of hits', () => {
    const book = aRegistry({ effect: status(), times: 2 });
    expect([1, 2, 3].map(() => book.apply(aTarget(), 1).status !== undefined)).toEqual([true, true, false]);
    expect(book.list(1)).toEqual([]);
  });

  it('ends a rule after its time', () => {
    const book = aRegistry({ effect: status(), forMs: 100 });
    expect([99, 100].map((nowMs) => book.apply(aTarget(), nowMs).status !== undefined)).toEqual([true, false]);
  });

  it('applies to the stated share of calls, deterministically by seed', () => {
    const draw = (): boolean[] => {
      const book = aRegistry({ match: { probability: 0.3 }, effect: status() });
      return Array.from({ length: 2_000 }, () => book.apply(aTarget(), 1).status !== undefined);
    };
    expect(draw()).toEqual(draw());
    expect(draw().filter(Boolean).length / 2_000).toBeCloseTo(0.3, 1);
  });

  it('combines rules, with the first of each kind', () => {
    const book = aRegistry({ effect: { kind: 'latency', ms: 5 } }, { effect: status(503) }, { effect: status(429) });
    expect(book.apply(aTarget(), 1)).toMatchObject({ latency: { ms: 5 }, status: { status: 503 } });
  });

  it('reports how often each rule was applied', () => {
    const book = aRegistry({ match: { nth: 3 }, effect: status() });
    book.apply(aTarget(), 1);
    expect(book.list(1)).toMatchObject([{ id: 1, matched: 1, hits: 0 }]);
  });
});
