import type { Clock } from '@pressroom/runtime';
import type { Exchange } from '../billing/core/bill-attempt.ts';
import { ProviderError, ProviderTimedOutError, ProviderUnavailableError, ReplyTooLongError } from '../errors.ts';
import type { ProviderLimits } from '../pacing/core/divide-limit.ts';
import type { Provider, ProviderRequest } from '../provider.ts';
import { REPLY_LIMIT_MULTIPLE } from '../providers/transport/reply-limits.ts';
import { createTextMeter } from './text-meter.ts';

/** A whole reply is not kept waiting for long by a stream that does not end: only the usage may still come. */
const TRAILER_TIMEOUT_MS = 2_000;

export interface CollectedExchange extends Exchange {
  /** Why there is no whole reply: a `ProviderError`, or the reason of the attempt's signal. */
  error: unknown;
  /** What the provider said it allows; absent when it said nothing. */
  limits?: ProviderLimits;
}

/**
 * Makes one request and reads its stream to the end, whatever the end is: it resolves also when the request failed, was
 * aborted or ran out of time, with all that had come until then.
 *
 * Returns as soon as a limit passes or the signal aborts, even if the provider does not let go. A text of more than
 * `REPLY_LIMIT_MULTIPLE` times the request's cap is cut there: what came stays, with the finish `length`.
 */
export async function collectExchange(
  provider: Provider,
  request: Omit<ProviderRequest, 'signal'>,
  limits: {
    signal: AbortSignal;
    /** The call's own timeout. */
    timeoutMs: number;
    /** What is left of the attempt; when it is what ran out, the provider is not to blame. */
    leftMs: number;
    firstEventTimeoutMs: number;
    /** Tokens of a piece of text in the model's own tokenizer. */
    countText: (text: string) => number;
    clock: Clock;
  },
): Promise<CollectedExchange> {
  const { clock, signal: scopeSignal } = limits;
  const startedMs = clock.monotonicMs();
  const stop = new AbortController();
  const signal = AbortSignal.any([scopeSignal, stop.signal]);
  const timers = new AbortController();
  const firstEvent = new AbortController();

  const limit = (afterMs: number, until: AbortSignal, what: string, isOutage = true): void => {
    const message = `${provider.name} ${what} within ${Math.round(afterMs)} ms (model ${request.model.id})`;
    clock.sleep(afterMs, until).then(
      () => {
        stop.abort(new ProviderTimedOutError(message, { isOutage }));
      },
      () => undefined,
    );
  };
  const isOwnTimeout = limits.timeoutMs <= limits.leftMs;
  limit(isOwnTimeout ? limits.timeoutMs : limits.leftMs, timers.signal, 'did not finish its reply', isOwnTimeout);
  limit(limits.firstEventTimeoutMs, AbortSignal.any([timers.signal, firstEvent.signal]), 'did not start its reply');

  const exchange: CollectedExchange = {
    text: '',
    usage: undefined,
    isUsageFinal: false,
    finish: undefined,
    endedBy: 'provider',
    isFree: signal.aborted,
    serviceTier: undefined,
    latencyMs: 0,
    firstEventMs: undefined,
    error: undefined,
  };
  const isOverlong = createTextMeter(REPLY_LIMIT_MULTIPLE * request.maxOutputTokens, limits.countText);
  try {
    for await (const event of untilAborted(provider.stream({ ...request, signal }), signal)) {
      // Headers are no sign of life of the model.
      if (event.type === 'limits') {
        exchange.limits = event.limits;
        continue;
      }
      if (event.type === 'service_tier') {
        exchange.serviceTier = event.serviceTier;
        continue;
      }
      if (exchange.firstEventMs === undefined) {
        exchange.firstEventMs = clock.monotonicMs() - startedMs;
        firstEvent.abort();
      }
      if (event.type === 'text') {
        exchange.text += event.delta;
        if (!isOverlong(event.delta)) continue;
        Object.assign(exchange, { endedBy: 'limit', finish: 'length' });
        stop.abort(new ReplyTooLongError(`${provider.name} wrote on beyond its cap (model ${request.model.id})`));
        break;
      } else if (event.type === 'usage') Object.assign(exchange, { usage: event.usage, isUsageFinal: event.final });
      else {
        exchange.finish = event.finish;
        limit(TRAILER_TIMEOUT_MS, timers.signal, 'did not end its stream');
      }
    }
    if (exchange.finish === undefined) {
      throw new ProviderUnavailableError(`${provider.name} cut its reply short (model ${request.model.id})`);
    }
  } catch (error) {
    // A reply that is whole stays whole, even if the stream ends badly after it.
    if (exchange.finish === undefined) {
      exchange.endedBy = scopeSignal.aborted ? 'scope' : stop.signal.aborted ? 'timeout' : endOf(error);
      exchange.error = signal.aborted ? signal.reason : error;
      // Anything that came is proof that the request was served.
      const { error: cause, firstEventMs } = exchange;
      exchange.isFree ||= firstEventMs === undefined && cause instanceof ProviderError && cause.isFree;
    }
  } finally {
    timers.abort();
  }
  exchange.latencyMs = clock.monotonicMs() - startedMs;
  return exchange;
}

const endOf = (error: unknown): Exchange['endedBy'] => (error instanceof ReplyTooLongError ? 'limit' : 'provider');

/** Passes a stream on until it ends or the signal aborts; then it is told to stop, and not waited for. */
async function* untilAborted<T>(source: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  // Without a race under way nobody listens; the rejection is not news then.
  aborted.promise.catch(() => undefined);
  const onAbort = (): void => {
    aborted.reject(signal.reason);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  const iterator = source[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = iterator.next();
      next.catch(() => undefined);
      const result = await Promise.race([next, aborted.promise]);
      if (result.done === true) return;
      yield result.value;
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    iterator.return?.().catch(() => undefined);
  }
}
