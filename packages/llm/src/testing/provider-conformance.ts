import { describe, expect, it } from 'vitest';
import { ProviderError, ProviderUnavailableError } from '../errors.ts';
import type { Provider, ProviderEvent } from '../provider.ts';
import { aRequest } from './builders.ts';

/** Behaviour of the server for the next request. */
export type Behaviour =
  | { does: 'reply'; text: string; finish: 'stop' | 'length' }
  | { does: 'refuse' }
  | { does: 'cut'; text: string }
  | { does: 'hang'; text: string }
  | { does: 'fail'; status: 503 };

export interface ProviderUnderTest {
  provider: Provider;
  /** Plans the behaviour for the next request. */
  next: (behaviour: Behaviour) => void;
  /** Requests received by the server. */
  requestCount: () => number;
}

/** Tests the contract of {@link Provider} against every implementation, including the fake. */
export function describeProvider(name: string, setUp: () => ProviderUnderTest): void {
  const read = async (provider: Provider, signal = new AbortController().signal): Promise<ProviderEvent[]> => {
    const events: ProviderEvent[] = [];
    for await (const event of provider.stream(aRequest({ signal }))) events.push(event);
    return events;
  };
  const textOf = (events: ProviderEvent[]): string =>
    events.map((event) => (event.type === 'text' ? event.delta : '')).join('');

  describe(`${name}, as a provider`, () => {
    it.each(['stop', 'length'] as const)(
      'streams the text, reports the finish %s, and reports final usage',
      async (finish) => {
        const { provider, next } = setUp();
        next({ does: 'reply', text: 'Tides follow the moon — twice a day.', finish });
        const events = await read(provider);
        expect(textOf(events)).toBe('Tides follow the moon — twice a day.');
        expect(events).toContainEqual({ type: 'finish', finish });
        const usage = events.findLast((event) => event.type === 'usage');
        expect(usage).toMatchObject({ final: true });
        expect(usage?.usage.output).toBeGreaterThan(0);
      },
    );

    it('distinguishes a refusal from an answer', async () => {
      const { provider, next } = setUp();
      next({ does: 'refuse' });
      expect(await read(provider)).toContainEqual({ type: 'finish', finish: 'refusal' });
    });

    it('does not report a cut stream as finished', async () => {
      const { provider, next } = setUp();
      next({ does: 'cut', text: 'half a' });
      const seen: ProviderEvent[] = [];
      const reading = (async () => {
        for await (const event of provider.stream(aRequest())) seen.push(event);
      })();
      await reading.catch((error: unknown) => {
        expect(error).toBeInstanceOf(ProviderError);
      });
      expect(textOf(seen)).toBe('half a');
      expect(seen.some((event) => event.type === 'finish')).toBe(false);
    });

    it('sends one request and reports the failure, leaving retries to the gateway', async () => {
      const { provider, next, requestCount } = setUp();
      next({ does: 'fail', status: 503 });
      await expect(read(provider)).rejects.toBeInstanceOf(ProviderUnavailableError);
      expect(requestCount()).toBe(1);
    });

    it('ends within a second of an abort, with its reason, even when the server hangs', async () => {
      const { provider, next } = setUp();
      next({ does: 'hang', text: 'so far' });
      const controller = new AbortController();
      const reason = new Error('cancelled');
      let abortedAt = 0;
      const reading = (async () => {
        for await (const event of provider.stream(aRequest({ signal: controller.signal }))) {
          if (event.type !== 'text') continue;
          abortedAt = performance.now();
          controller.abort(reason);
        }
      })();
      await expect(reading).rejects.toBe(reason);
      expect(performance.now() - abortedAt).toBeLessThan(1_000);
    });
  });
}
