import { createCatalog } from '@pressroom/catalog';
import { seededRandom, silentLogger } from '@pressroom/runtime';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ContextTooLongError,
  ProviderAuthFailedError,
  ProviderBadRequestError,
  ProviderRateLimitedError,
  ProviderTimedOutError,
  ProviderUnavailableError,
} from '../errors.ts';
import { aCall, aScope, NOW_MS } from '../testing/builders.ts';
import { createFakeProvider, type Turn } from '../testing/fake-provider.ts';
import { createManualClock } from '../testing/manual-clock.ts';
import { createMemoryStore } from '../testing/memory-store.ts';
import { createGateway } from './gateway.ts';

const failures = [
  new ProviderUnavailableError('down'),
  new ProviderUnavailableError('refused', { isFree: true }),
  new ProviderUnavailableError('down', { doNotRetry: true }),
  new ProviderRateLimitedError('slow', { retryAfterMs: 200 }),
  new ProviderTimedOutError('slow'),
  new ProviderAuthFailedError('key'),
  new ProviderBadRequestError('no'),
  new ContextTooLongError('long'),
];
const someTurn: fc.Arbitrary<Turn> = fc.record(
  {
    text: fc.constantFrom('', 'good', 'bad', 'good enough'),
    usage: fc.constant(null),
    end: fc.oneof(fc.constantFrom('stop', 'length', 'refusal', 'cut'), fc.constantFrom(...failures)),
  },
  { requiredKeys: ['text'] },
);

describe('for any provider behaviour', () => {
  it('every request has its own reservation and exactly one ledger entry, no hold remains, and no limit is exceeded', async () => {
    const scenario = fc.record({
      openai: fc.array(someTurn, { maxLength: 12 }),
      anthropic: fc.array(someTurn, { maxLength: 12 }),
      tries: fc.integer({ min: 1, max: 6 }),
      limitNanoUsd: fc.option(fc.bigInt({ min: 1_000_000n, max: 200_000_000n }), { nil: undefined }),
      calls: fc.integer({ min: 1, max: 4 }),
      seed: fc.integer(),
    });
    await fc.assert(
      fc.asyncProperty(scenario, async ({ openai: turns, anthropic: otherTurns, tries, limitNanoUsd, calls, seed }) => {
        const openai = createFakeProvider('openai');
        const anthropic = createFakeProvider('anthropic');
        openai.plan(...turns);
        anthropic.plan(...otherTurns);
        const store = createMemoryStore();
        store.limitNanoUsd = limitNanoUsd;
        const clock = createManualClock(NOW_MS);
        const gateway = createGateway({
          catalog: createCatalog(),
          providers: [openai, anthropic],
          store,
          clock,
          random: seededRandom(seed),
          log: silentLogger(),
          config: { breaker: { maxConcurrent: 2 } },
        });
        const scope = aScope({ requestBudget: { remaining: tries } });
        const llm = gateway.bind(scope);
        const accept = (text: string): string[] => (text.startsWith('good') || text === 'ok' ? [] : ['bad']);
        let running = calls;
        const outcomes = Array.from({ length: calls }, (_, index) =>
          llm
            .call(aCall({ path: `call/${index}`, accept }))
            .then(({ value }) => value)
            .catch(() => undefined)
            .finally(() => {
              running -= 1;
            }),
        );
        while (running > 0) await clock.advance(100);
        const values = await Promise.all(outcomes);
        gateway.close();

        const requests = openai.requests.length + anthropic.requests.length;
        const reserved = store.reservations.map(({ reservationId }) => reservationId);
        expect(new Set(reserved).size).toBe(reserved.length);
        expect(store.ended.map(({ reservationId }) => reservationId).sort()).toEqual(reserved.sort());
        expect(reserved).toHaveLength(requests);
        expect(store.heldNanoUsd()).toBe(0n);
        expect(scope.requestBudget.remaining).toBe(tries - requests);
        expect(scope.requestBudget.remaining).toBeGreaterThanOrEqual(0);
        if (limitNanoUsd !== undefined) expect(store.spentNanoUsd()).toBeLessThanOrEqual(limitNanoUsd);
        // One journaled reply per answered call, and each passes the check.
        expect(store.journal.size).toBe(values.filter((value) => value !== undefined).length);
        expect([...store.journal.values()].every(({ text }) => accept(text).length === 0)).toBe(true);
      }),
      { numRuns: 150 },
    );
  });
});
