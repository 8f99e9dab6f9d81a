import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { usageOf } from '../../testing/fake-provider.ts';
import { billExchange, NO_USAGE, type Exchange } from './bill-attempt.ts';

const estimate = { promptTokens: 500, countText: (text: string) => text.length };
const anExchange = (part: Partial<Exchange> = {}): Exchange => ({
  text: 'text',
  usage: usageOf(100, 10),
  isUsageFinal: true,
  finish: 'stop',
  endedBy: 'provider',
  wasMade: true,
  latencyMs: 1,
  firstEventMs: 1,
  ...part,
});

describe('billExchange', () => {
  it.each<{ title: string; given: Partial<Exchange>; expected: ReturnType<typeof billExchange> }>([
    { title: 'takes final usage as it is', given: {}, expected: { status: 'ok', usage: usageOf(100, 10) } },
    {
      title: 'counts prompt and text when a whole reply came without usage',
      given: { usage: undefined, isUsageFinal: false },
      expected: { status: 'estimated', usage: usageOf(500, 4) },
    },
    {
      title: 'completes usage that was reported early when the stream was cut',
      given: { usage: usageOf(100, 1), isUsageFinal: false, finish: undefined },
      expected: { status: 'estimated', usage: usageOf(100, 4) },
    },
    {
      title: 'never counts less than the provider has already reported',
      given: { usage: usageOf(100, 40), isUsageFinal: false, finish: undefined },
      expected: { status: 'estimated', usage: usageOf(100, 40) },
    },
    {
      title: 'calls it aborted when our timeout ended it',
      given: { usage: undefined, isUsageFinal: false, finish: undefined, endedBy: 'timeout' },
      expected: { status: 'aborted', usage: usageOf(500, 4) },
    },
    {
      title: 'calls it aborted when the attempt ended it',
      given: { usage: undefined, isUsageFinal: false, finish: undefined, endedBy: 'scope' },
      expected: { status: 'aborted', usage: usageOf(500, 4) },
    },
    {
      title: 'charges nothing for a request that failed before anything came back',
      given: { text: '', usage: undefined, isUsageFinal: false, finish: undefined },
      expected: { status: 'failed', usage: NO_USAGE },
    },
    {
      title: 'charges the prompt of a request that the attempt gave up before anything came back',
      given: { text: '', usage: undefined, isUsageFinal: false, finish: undefined, endedBy: 'scope' },
      expected: { status: 'aborted', usage: usageOf(500, 0) },
    },
    {
      title: 'charges the prompt of a request that never began to answer in time',
      given: { text: '', usage: undefined, isUsageFinal: false, finish: undefined, endedBy: 'timeout' },
      expected: { status: 'aborted', usage: usageOf(500, 0) },
    },
    {
      title: 'charges nothing for a request that was never made',
      given: {
        text: '',
        usage: undefined,
        isUsageFinal: false,
        finish: undefined,
        endedBy: 'scope',
        wasMade: false,
        firstEventMs: undefined,
      },
      expected: { status: 'aborted', usage: NO_USAGE },
    },
  ])('$title', ({ given, expected }) => {
    expect(billExchange(anExchange(given), estimate)).toEqual(expected);
  });

  it('never bills a reply, whole or broken, as free', () => {
    const some = fc.record({
      text: fc.string({ minLength: 1 }),
      usage: fc.option(fc.constant(usageOf(3, 1)), { nil: undefined }),
      isUsageFinal: fc.boolean(),
      finish: fc.constantFrom('stop', 'length', 'refusal', undefined),
      endedBy: fc.constantFrom('provider', 'timeout', 'scope'),
      wasMade: fc.constant(true),
      latencyMs: fc.constant(1),
      firstEventMs: fc.constant(1),
    });
    fc.assert(
      fc.property(some, (exchange) => {
        const { usage } = billExchange(exchange, estimate);
        expect(usage.uncachedInput).toBeGreaterThan(0);
        expect(usage.output).toBeGreaterThan(0);
      }),
    );
  });
});
