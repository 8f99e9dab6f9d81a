import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Usage } from '../../ports.ts';
import { usageOf } from '../../testing/fake-provider.ts';
import { billExchange, NO_USAGE, type Bill, type Exchange } from './bill-attempt.ts';
import type { OwnCount } from './reconcile-usage.ts';

const own = (part: Partial<OwnCount> = {}): OwnCount => ({
  promptTokens: { least: 450, likely: 500 },
  maxPromptTokens: 600,
  maxOutputTokens: 1_000,
  textTokens: { least: 200, likely: 220 },
  hiddenTokens: 0,
  ...part,
});
const anExchange = (part: Partial<Exchange> = {}): Exchange => ({
  text: 'text',
  usage: usageOf(500, 210),
  isUsageFinal: true,
  finish: 'stop',
  endedBy: 'provider',
  isFree: false,
  serviceTier: undefined,
  latencyMs: 1,
  firstEventMs: 1,
  ...part,
});
const none = { usage: undefined, isUsageFinal: false };
const silent = { ...none, text: '', finish: undefined, firstEventMs: undefined };
const WORST = usageOf(600, 1_000);

describe('billExchange', () => {
  it.each<{ title: string; given: Partial<Exchange>; counted?: Partial<OwnCount>; expected: Bill }>([
    {
      title: 'takes final usage that agrees with our count',
      given: {},
      expected: { status: 'ok', usage: usageOf(500, 210) },
    },
    {
      title: 'takes the dear side of our own count when a whole reply came without usage',
      given: none,
      expected: { status: 'estimated', usage: usageOf(600, 220), limitation: 'USAGE_MISSING' },
    },
    {
      title: 'counts what the model may have thought when it was asked to think and reports nothing',
      given: none,
      counted: { hiddenTokens: 700 },
      expected: { status: 'estimated', usage: usageOf(600, 920), limitation: 'USAGE_MISSING' },
    },
    {
      title: 'keeps the prompt that the start of a stream reported, and counts the reply, when its end reports none',
      given: { usage: usageOf(480, 1), isUsageFinal: false },
      expected: { status: 'estimated', usage: usageOf(480, 220), limitation: 'USAGE_MISSING' },
    },
    {
      title: 'doubts usage of zero',
      given: { usage: usageOf(0, 0) },
      expected: { status: 'estimated', usage: usageOf(600, 220), limitation: 'USAGE_UNRECONCILED' },
    },
    {
      title: 'doubts a prompt a third too small, and keeps the reply that agrees',
      given: { usage: usageOf(300, 210) },
      expected: { status: 'estimated', usage: usageOf(600, 210), limitation: 'USAGE_UNRECONCILED' },
    },
    {
      title: 'doubts a reply far larger than its text, and keeps the claim: it is what the invoice will say',
      given: { usage: usageOf(500, 900) },
      expected: { status: 'estimated', usage: usageOf(500, 900), limitation: 'USAGE_UNRECONCILED' },
    },
    {
      title: 'believes reasoning that is reported as such',
      given: { usage: { ...usageOf(500, 900), reasoning: 690 } },
      expected: { status: 'ok', usage: { ...usageOf(500, 900), reasoning: 690 } },
    },
    {
      title: 'believes a larger reply where the model was asked to think',
      given: { usage: usageOf(500, 900) },
      counted: { hiddenTokens: 700 },
      expected: { status: 'ok', usage: usageOf(500, 900) },
    },
    {
      title: 'cuts usage that no request can have to twice the most that this one can',
      given: { usage: usageOf(2 ** 32 - 1, 2 ** 32 - 1) },
      expected: { status: 'estimated', usage: usageOf(1_200, 2_000), limitation: 'USAGE_CLAMPED' },
    },
    {
      title: 'is uncertain at the worst case of a stream that the provider cut',
      given: { usage: usageOf(500, 1), isUsageFinal: false, finish: undefined },
      expected: { status: 'uncertain', usage: WORST, limitation: 'REPLY_BROKEN_OFF' },
    },
    {
      title: 'is uncertain at the worst case of a stream that our timeout ended',
      given: { ...none, finish: undefined, endedBy: 'timeout' },
      expected: { status: 'uncertain', usage: WORST, limitation: 'REPLY_BROKEN_OFF' },
    },
    {
      title: 'is uncertain at the worst case of a stream that the attempt ended',
      given: { ...none, finish: undefined, endedBy: 'scope' },
      expected: { status: 'uncertain', usage: WORST, limitation: 'REPLY_BROKEN_OFF' },
    },
    {
      title: 'is uncertain at the worst case of a reset before a word came',
      given: silent,
      expected: { status: 'uncertain', usage: WORST, limitation: 'REPLY_BROKEN_OFF' },
    },
    {
      title: 'is uncertain at more than the worst case where more was reported before the break',
      given: { ...silent, usage: usageOf(900, 3) },
      expected: { status: 'uncertain', usage: usageOf(900, 1_000), limitation: 'REPLY_BROKEN_OFF' },
    },
    {
      title: 'charges nothing for what provably cost nothing',
      given: { ...silent, isFree: true },
      expected: { status: 'failed', usage: NO_USAGE },
    },
    {
      title: 'charges nothing for a request that was never made',
      given: { ...silent, endedBy: 'scope', isFree: true },
      expected: { status: 'aborted', usage: NO_USAGE },
    },
    {
      title: 'estimates a reply that we cut at its limit, at no less than its cap',
      given: { ...none, finish: 'length', endedBy: 'limit' },
      counted: { textTokens: { least: 2_040, likely: 2_040 } },
      expected: { status: 'estimated', usage: usageOf(600, 2_040), limitation: 'REPLY_CUT' },
    },
    {
      title: 'does not doubt the length of a refusal, whose text is not shown',
      given: { usage: usageOf(500, 90), text: '', finish: 'refusal' },
      counted: { textTokens: { least: 0, likely: 0 } },
      expected: { status: 'ok', usage: usageOf(500, 90) },
    },
  ])('$title', ({ given, counted, expected }) => {
    expect(billExchange(anExchange(given), own(counted))).toEqual(expected);
  });

  const count = fc.nat({ max: 2 ** 40 });
  const someUsage: fc.Arbitrary<Usage> = fc
    .record({ uncachedInput: count, cacheRead: count, cacheWrite5m: count, cacheWrite1h: count, output: count })
    .chain((usage) => fc.nat({ max: usage.output }).map((reasoning) => ({ ...usage, reasoning })));
  const someExchange = fc.record({
    text: fc.string(),
    usage: fc.option(someUsage, { nil: undefined }),
    isUsageFinal: fc.boolean(),
    finish: fc.constantFrom('stop' as const, 'length' as const, 'refusal' as const, undefined),
    endedBy: fc.constantFrom('provider' as const, 'timeout' as const, 'scope' as const, 'limit' as const),
    isFree: fc.constant(false),
    serviceTier: fc.constant(undefined),
    latencyMs: fc.constant(1),
    firstEventMs: fc.constant(1),
  });

  it('never bills as free what may have been served, and never beyond twice what the request allows', () => {
    fc.assert(
      fc.property(someExchange, (exchange) => {
        const { usage } = billExchange(exchange, own());
        const prompt = usage.uncachedInput + usage.cacheRead + usage.cacheWrite5m + usage.cacheWrite1h;
        expect(prompt).toBeGreaterThan(300);
        expect(prompt).toBeLessThanOrEqual(1_200);
        expect(usage.output).toBeGreaterThan(0);
        expect(usage.output).toBeLessThanOrEqual(2_000);
        expect(usage.reasoning).toBeLessThanOrEqual(usage.output);
      }),
    );
  });
});
