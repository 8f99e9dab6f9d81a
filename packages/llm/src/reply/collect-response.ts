import type { Clock } from '@pressroom/runtime';
import type { ProviderResponse } from '../billing/core/bill-response.ts';
import { ProviderError, ProviderTimedOutError, ProviderUnavailableError, ReplyTooLongError } from '../errors.ts';
import type { ProviderLimits } from '../pacing/core/divide-limit.ts';
import type { Provider, ProviderRequest } from '../provider.ts';
import { REPLY_LIMIT_MULTIPLE } from '../providers/transport/reply-limits.ts';
import { createTextMeter } from './text-meter.ts';

/** Maximum wait for the end of the stream after a complete reply: only the usage can follow. */
const TRAILER_TIMEOUT_MS = 2_000;

export interface CollectedResponse extends ProviderResponse {
  /** Why the reply is incomplete: a `ProviderError`, or the reason of the attempt's signal. */
  error: unknown;
  /** Limits from the response headers, if any. */
  limits?: ProviderLimits;
}

/**
 * Sends one request and reads its stream. Also resolves when the request failed, was aborted or timed out, with
 * everything received until then.
 *
 * Returns as soon as a limit is exceeded or the signal aborts, even if the provider does not close the stream. A text
 * above `REPLY_LIMIT_MULTIPLE` times the request's cap is cut there, with the finish `length`.
 */
export async function collectResponse(
  provider: Provider,
  request: Omit<ProviderRequest, 'signal'>,
  limits: {
    signal: AbortSignal;
    /** The call's own timeout. */
    timeoutMs: number;
    /** Remaining time of the attempt; reaching it is not the provider's fault. */
    remainingMs: number;
    firstEventTimeoutMs: number;
    /** Counts tokens of a piece of text in the model's tokenizer. */
    countText: (text: string) => number;
    clock: Clock;
  },
): Promise<CollectedResponse> {
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
  const isOwnTimeout = limits.timeoutMs <= limits.remainingMs;
  limit(isOwnTimeout ? limits.timeoutMs : limits.remainingMs, timers.signal, 'did not finish its reply', isOwnTimeout);
  limit(limits.firstEventTimeoutMs, AbortSignal.any([timers.signal, firstEvent.signal]), 'did not start its reply');

  const response: CollectedResponse = {
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
    for await (const event of streamUntilAborted(provider.stream({ ...request, signal }), signal)) {
      // Headers do not prove that the model has started.
      if (event.type === 'limits') {
        response.limits = event.limits;
        continue;
      }
      if (event.type === 'service_tier') {
        response.serviceTier = event.serviceTier;
        continue;
      }
      if (response.firstEventMs === undefined) {
        response.firstEventMs = clock.monotonicMs() - startedMs;
        firstEvent.abort();
      }
      if (event.type === 'text') {
        response.text += event.delta;
        if (!isOverlong(event.delta)) continue;
        Object.assign(response, { endedBy: 'limit', finish: 'length' });
        stop.abort(new ReplyTooLongError(`${provider.name} exceeded its output cap (model ${request.model.id})`));
        break;
      } else if (event.type === 'usage') Object.assign(response, { usage: event.usage, isUsageFinal: event.final });
      else {
        response.finish = event.finish;
        limit(TRAILER_TIMEOUT_MS, timers.signal, 'did not end its stream');
      }
    }
    if (response.finish === undefined) {
      throw new ProviderUnavailableError(`${provider.name} cut its reply short (model ${request.model.id})`);
    }
  } catch (error) {
    // A complete reply stays valid, even if the stream fails after it.
    if (response.finish === undefined) {
      response.endedBy = scopeSignal.aborted ? 'scope' : stop.signal.aborted ? 'timeout' : endOf(error);
      response.error = signal.aborted ? signal.reason : error;
      // A received event proves that the request was served.
      const { error: cause, firstEventMs } = response;
      response.isFree ||= firstEventMs === undefined && cause instanceof ProviderError && cause.isFree;
    }
  } finally {
    timers.abort();
  }
  response.latencyMs = clock.monotonicMs() - startedMs;
  return response;
}

const endOf = (error: unknown): ProviderResponse['endedBy'] =>
  error instanceof ReplyTooLongError ? 'limit' : 'provider';

/** Forwards a stream until it ends or the signal aborts; then stops it without waiting. */
async function* streamUntilAborted<T>(source: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  // Avoids an unhandled rejection when no race is pending.
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
