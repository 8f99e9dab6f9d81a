import type { Tier } from '@pressroom/contracts';
import type { Clock, Random } from '@pressroom/runtime';
import { NOTHING_BILLED, type BilledUsage, type CallLog, type CallOutcome } from '../calls/call-log.ts';
import { rateLimitHeaders } from '../core/wire/rate-limit-headers.ts';
import { scriptedFailure, type WireFailure } from '../core/wire/wire-failure.ts';
import type { FaultRegistry, FaultSet } from '../faults/fault-registry.ts';
import type { FaultKind } from '../faults/fault-rule.ts';
import type { RateLimiter } from '../limits/rate-limiter.ts';
import type { RequestContext } from './request-context.http.ts';

/** Facts of a call after its body was parsed. */
export interface CallFacts {
  model: string;
  tier: Tier | null;
  purpose: string;
  stream: boolean;
  /** Tokens counted by the rate limit. */
  tokens: number;
  /** Billed usage of the prompt if there is no reply. */
  promptBill: BilledUsage;
}

export interface CallEnd {
  outcome: CallOutcome;
  status: number;
  usage?: unknown;
  billed?: BilledUsage;
}

export interface CallServer {
  /** Rejects and logs a request that is not a valid call. */
  refuse(context: RequestContext, failure: WireFailure, model: string, purpose: string): void;
  /**
   * Applies rate limits and the fault script, then serves the call. `serve` reports the end before it sends the last byte, so
   * that a client with a reply finds the call in the log.
   */
  serve(
    context: RequestContext,
    facts: CallFacts,
    serve: (faults: FaultSet, end: (end: CallEnd) => void) => Promise<void>,
  ): Promise<void>;
}

/** Statuses of a proxy that stops waiting after the model has read the prompt. */
const SERVED_STATUSES = new Set([408, 499, 504, 524]);

export function createCallServer(deps: {
  clock: Clock;
  random: Random;
  log: CallLog;
  faults: FaultRegistry;
  limiter: RateLimiter;
}): CallServer {
  const { clock } = deps;

  const record = (
    context: RequestContext,
    facts: Omit<CallFacts, 'tokens' | 'promptBill'>,
    faults: FaultSet,
    end: CallEnd,
  ): void => {
    deps.log.record({
      requestId: context.requestId,
      clientRequestId: context.clientRequestId,
      vendor: context.vendor,
      path: context.path,
      model: facts.model,
      tier: facts.tier,
      purpose: facts.purpose,
      stream: facts.stream,
      startedAt: new Date(context.startedAtMs).toISOString(),
      finishedAt: new Date(clock.nowMs()).toISOString(),
      status: end.status,
      outcome: end.outcome,
      clientAborted: context.clientAborted(),
      faults: Object.keys(faults) as FaultKind[],
      usage: end.usage ?? null,
      billed: end.billed ?? NOTHING_BILLED,
    });
  };

  return {
    refuse(context, failure, model, purpose) {
      record(context, { model, tier: null, purpose, stream: false }, {}, { outcome: 'error', status: failure.status });
      context.sendFailure(failure);
    },

    async serve(context, facts, serve) {
      const faults = deps.faults.apply(
        { path: context.path, model: facts.model, purpose: facts.purpose },
        clock.nowMs(),
      );
      let isEnded = false;
      const end = (result: CallEnd): void => {
        if (isEnded) return;
        isEnded = true;
        record(context, facts, faults, result);
      };
      const refuse = (failure: WireFailure, billed?: BilledUsage): void => {
        end({ outcome: 'error', status: failure.status, ...(billed && { billed }) });
        context.sendFailure(failure);
      };
      const abandoned = (): void => {
        end({ outcome: 'aborted', status: 0, billed: facts.promptBill });
      };

      const admission = deps.limiter.take(`${context.owner}/${facts.model}`, facts.tokens, clock.nowMs());
      context.addHeaders(rateLimitHeaders(context.vendor, admission.state, clock.nowMs()));
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
        await clock.sleep(ms + jitterMs * deps.random(), context.signal).catch(() => undefined);
        if (context.signal.aborted) {
          abandoned();
          return;
        }
      }
      if (faults.status) {
        const { status, retryAfterMs } = faults.status;
        refuse(scriptedFailure(status, retryAfterMs), SERVED_STATUSES.has(status) ? facts.promptBill : undefined);
      } else if (faults.hang) {
        await aborted(context.signal);
        end({ outcome: 'hung', status: 0, billed: facts.promptBill });
      } else if (faults.reset) {
        end({ outcome: 'reset', status: 0, billed: facts.promptBill });
        context.reset();
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
