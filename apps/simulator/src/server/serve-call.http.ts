import type { Tier } from '@pressroom/contracts';
import type { Clock, Random } from '@pressroom/runtime';
import { NOTHING_BILLED, type BilledUsage, type CallLog, type CallOutcome } from '../calls/call-log.ts';
import { rateLimitHeaders } from '../core/wire/rate-limit-headers.ts';
import { scriptedFailure, type WireFailure } from '../core/wire/wire-failure.ts';
import type { FaultBook, FaultSet } from '../faults/fault-book.ts';
import type { FaultKind } from '../faults/fault-rule.ts';
import type { RateLimiter } from '../limits/rate-limiter.ts';
import type { Exchange } from './exchange.http.ts';

/** What is known of a call once its body is understood. */
export interface CallFacts {
  model: string;
  tier: Tier | null;
  purpose: string;
  stream: boolean;
  /** Tokens that count against the rate limit. */
  tokens: number;
  /** What the prompt costs when the reply never comes. */
  promptBill: BilledUsage;
}

export interface CallEnd {
  outcome: CallOutcome;
  status: number;
  usage?: unknown;
  billed?: BilledUsage;
}

export interface CallServer {
  /** Records a request that never became a call, and answers it. */
  refuse(exchange: Exchange, failure: WireFailure, model: string, purpose: string): void;
  /**
   * Applies rate limits and the fault script, then serves. `serve` tells how the call ended before it sends the last
   * byte, so that whoever has the reply finds the call in the log.
   */
  serve(
    exchange: Exchange,
    facts: CallFacts,
    serve: (faults: FaultSet, end: (end: CallEnd) => void) => Promise<void>,
  ): Promise<void>;
}

/** Statuses of a proxy that stops waiting: the model behind it has read the prompt. */
const SERVED_STATUSES = new Set([408, 499, 504, 524]);

export function createCallServer(deps: {
  clock: Clock;
  random: Random;
  log: CallLog;
  faults: FaultBook;
  limiter: RateLimiter;
}): CallServer {
  const { clock } = deps;

  const record = (
    exchange: Exchange,
    facts: Omit<CallFacts, 'tokens' | 'promptBill'>,
    faults: FaultSet,
    end: CallEnd,
  ): void => {
    deps.log.record({
      requestId: exchange.requestId,
      clientRequestId: exchange.clientRequestId,
      vendor: exchange.vendor,
      path: exchange.path,
      model: facts.model,
      tier: facts.tier,
      purpose: facts.purpose,
      stream: facts.stream,
      startedAt: new Date(exchange.startedAtMs).toISOString(),
      finishedAt: new Date(clock.nowMs()).toISOString(),
      status: end.status,
      outcome: end.outcome,
      clientAborted: exchange.clientAborted(),
      faults: Object.keys(faults) as FaultKind[],
      usage: end.usage ?? null,
      billed: end.billed ?? NOTHING_BILLED,
    });
  };

  return {
    refuse(exchange, failure, model, purpose) {
      record(exchange, { model, tier: null, purpose, stream: false }, {}, { outcome: 'error', status: failure.status });
      exchange.sendFailure(failure);
    },

    async serve(exchange, facts, serve) {
      const faults = deps.faults.apply(
        { path: exchange.path, model: facts.model, purpose: facts.purpose },
        clock.nowMs(),
      );
      let isEnded = false;
      const end = (result: CallEnd): void => {
        if (isEnded) return;
        isEnded = true;
        record(exchange, facts, faults, result);
      };
      const refuse = (failure: WireFailure, billed?: BilledUsage): void => {
        end({ outcome: 'error', status: failure.status, ...(billed && { billed }) });
        exchange.sendFailure(failure);
      };
      const abandoned = (): void => {
        end({ outcome: 'aborted', status: 0, billed: facts.promptBill });
      };

      const admission = deps.limiter.take(`${exchange.owner}/${facts.model}`, facts.tokens, clock.nowMs());
      exchange.addHeaders(rateLimitHeaders(exchange.vendor, admission.state, clock.nowMs()));
      if (!admission.admitted) {
        refuse({
          status: 429,
          kind: 'rate_limited',
          message: `Rate limit reached for ${facts.model}.`,
          retryAfterMs: admission.retryAfterMs,
        });
        return;
      }
      if (faults.latency) {
        const { ms, jitterMs } = faults.latency;
        await clock.sleep(ms + jitterMs * deps.random(), exchange.signal).catch(() => undefined);
        if (exchange.signal.aborted) {
          abandoned();
          return;
        }
      }
      if (faults.status) {
        const { status, retryAfterMs } = faults.status;
        refuse(scriptedFailure(status, retryAfterMs), SERVED_STATUSES.has(status) ? facts.promptBill : undefined);
      } else if (faults.hang) {
        await aborted(exchange.signal);
        end({ outcome: 'hung', status: 0, billed: facts.promptBill });
      } else if (faults.reset) {
        end({ outcome: 'reset', status: 0, billed: facts.promptBill });
        exchange.reset();
      } else {
        await serve(faults, end);
      }
    },
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else
      signal.addEventListener(
        'abort',
        () => {
          resolve();
        },
        { once: true },
      );
  });
}
