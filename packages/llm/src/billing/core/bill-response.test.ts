import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Usage } from '../../ports.ts';
import { usageOf } from '../../testing/fake-provider.ts';
import { billResponse, NO_USAGE, type Bill, type ProviderResponse } from './bill-response.ts';
import type { LocalCount } from './reconcile-usage.ts';

const local = (part: Partial<LocalCount> = {}): LocalCount => ({
  promptTokens: { least: 450, likely: 500 },
  maxPromptTokens: 600,
  maxOutputTokens: 1_000,
  textTokens: { least: 200, likely: 220 },
  hiddenTokens: 0,
  ...part,
});
const aResponse = (part: Partial<ProviderResponse> = {}): ProviderResponse => ({
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

describe('billResponse', () => {
  it.each<{ title: string; given: Partial<ProviderResponse>; counted?: Partial<LocalCount>; expected: Bill }>([
    {
      title: 'accepts final usage that agrees with the local count',
      given: {},
      expected: { status: 'ok', usage: usageOf(500, 210) },
    },
    {
      title: 'bills the upper local count when a complete reply has no usage',
      given: none,
      expected: { status: 'estimated', usage: usageOf(600, 220), limitation: 'USAGE_MISSING' },
    },
    {
      title: 'includes the reasoning allowance when reasoning was requested and no usage is reported',
      given: none,
      counted: { hiddenTokens: 700 },
      expected: { status: 'estimated', usage: usageOf(600, 920), limitation: 'USAGE_MISSING' },
    },
    {
      title: 'keeps the prompt count from the start of a stream and counts the reply locally when its end reports none',
      given: { usage: usageOf(480, 1), isUsageFinal: false },
      expected: { status: 'estimated', usage: usageOf(480, 220), limitation: 'USAGE_MISSING' },
    },
    {
      title: 'rejects usage of zero',
      given: { usage: usageOf(0, 0) },
      expected: { status: 'estimated', usage: usageOf(600, 220), limitation: 'USAGE_UNRECONCILED' },
    },
    {
      title: 'replaces a prompt count that is a third too small and keeps a reply count that agrees',
      given: { usage: usageOf(300, 210) },
      expected: { status: 'estimated', usage: usageOf(600, 210), limitation: 'USAGE_UNRECONCILED' },
    },
    {
      title: 'flags a reply count far larger than the text but bills it, because the invoice will',
      given: { usage: usageOf(500, 900) },
      expected: { status: 'estimated', usage: usageOf(500, 900), limitation: 'USAGE_UNRECONCILED' },
    },
    {
      title: 'accepts output reported as reasoning',
      given: { usage: { ...usageOf(500, 900), reasoning: 690 } },
      expected: { status: 'ok', usage: { ...usageOf(500, 900), reasoning: 690 } },
    },
    {
      title: 'accepts a larger reply when reasoning was requested',
      given: { usage: usageOf(500, 900) },
      counted: { hiddenTokens: 700 },
      expected: { status: 'ok', usage: usageOf(500, 900) },
    },
    {
      title: 'clamps impossible usage to twice the maximum of the request',
      given: { usage: usageOf(2 ** 32 - 1, 2 ** 32 - 1) },
      expected: { status: 'estimated', usage: usageOf(1_200, 2_000), limitation: 'USAGE_CLAMPED' },
    },
    {
      title: 'is uncertain at the worst case when the provider cuts the stream',
      given: { usage: usageOf(500, 1), isUsageFinal: false, finish: undefined },
      expected: { status: 'uncertain', usage: WORST, limitation: 'REPLY_BROKEN_OFF' },
    },
    {
      title: 'is uncertain at the worst case when the timeout ends the stream',
      given: { ...none, finish: undefined, endedBy: 'timeout' },
      expected: { status: 'uncertain', usage: WORST, limitation: 'REPLY_BROKEN_OFF' },
    },
    {
      title: 'is uncertain at the worst case when the attempt ends the stream',
      given: { ...none, finish: undefined, endedBy: 'scope' },
      expected: { status: 'uncertain', usage: WORST, limitation: 'REPLY_BROKEN_OFF' },
    },
    {
      title: 'is uncertain at the worst case when the connection is reset before any text',
      given: silent,
      expected: { status: 'uncertain', usage: WORST, limitation: 'REPLY_BROKEN_OFF' },
    },
    {
      title: 'is uncertain above the worst case when more was reported before the interruption',
      given: { ...silent, usage: usageOf(900, 3) },
      expected: { status: 'uncertain', usage: usageOf(900, 1_000), limitation: 'REPLY_BROKEN_OFF' },
    },
    {
      title: 'charges nothing for a request that is proven free',
      given: { ...silent, isFree: true },
      expected: { status: 'failed', usage: NO_USAGE },
    },
    {
      title: 'charges nothing for a request that was never sent',
      given: { ...silent, endedBy: 'scope', isFree: true },
      expected: { status: 'aborted', usage: NO_USAGE },
    },
    {
      title: 'estimates a reply that the gateway cut at its limit, at least at its cap',
      given: { ...none, finish: 'length', endedBy: 'limit' },
      counted: { textTokens: { least: 2_040, likely: 2_040 } },
      expected: { status: 'estimated', usage: usageOf(600, 2_040), limitation: 'REPLY_CUT' },
    },
    {
      title: 'accepts the length of a refusal, whose text is not returned',
      given: { usage: usageOf(500, 90), text: '', finish: 'refusal' },
      counted: { textTokens: { least: 0, likely: 0 } },
      expected: { status: 'ok', usage: usageOf(500, 90) },
    },
  ])('$title', ({ given, counted, expected }) => {
    expect(billResponse(aResponse(given), local(counted))).toEqual(expected);
  });

  const count = fc.nat({ max: 2 ** 40 });
  const someUsage: fc.Arbitrary<Usage> = fc
    .record({ uncachedInput: count, cacheRead: count, cacheWrite5m: count, cacheWrite1h: count, output: count })
    .chain((usage) => fc.nat({ max: usage.output }).map((reasoning) => ({ ...usage, reasoning })));
  const anyResponse = fc.record({
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

  it('never bills a possibly served request as free, and never above twice the maximum of the request', () => {
    fc.assert(
      fc.property(anyResponse, (response) => {
        const { usage } = billResponse(response, local());
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
