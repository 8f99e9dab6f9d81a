import type { SessionRates } from '@pressroom/db';
import type { Clock } from '@pressroom/runtime';

import type { ExecuteAttempt } from '../attempt/execute-safely.ts';
import { addAttempt, readServiceRate, startServiceRate, type ServiceRate } from './core/service-rate.ts';

/** Measures this process's throughput by queue, for its heartbeats. */
export interface RateMeter {
  /** Wraps `execute` so that all attempts that were not aborted are measured. */
  measure(execute: ExecuteAttempt): ExecuteAttempt;
  rates(): SessionRates;
}

export function createRateMeter({ clock }: { clock: Clock }): RateMeter {
  const byQueue = new Map<string, ServiceRate>();
  return {
    measure: (execute) => async (attempt, run) => {
      const startedMs = clock.monotonicMs();
      try {
        return await execute(attempt, run);
      } finally {
        const nowMs = clock.monotonicMs();
        if (!run.signal.aborted) {
          const before = byQueue.get(attempt.queue) ?? startServiceRate(nowMs);
          byQueue.set(attempt.queue, addAttempt(before, nowMs - startedMs, nowMs));
        }
      }
    },
    rates() {
      const nowMs = clock.monotonicMs();
      const rates: Record<string, { perMinute: number; meanMs: number }> = {};
      for (const [queue, rate] of byQueue) {
        const read = readServiceRate(rate, nowMs);
        // Rounded, so that the session row changes only with the rate.
        if (read) rates[queue] = { perMinute: Math.round(read.perMinute * 10) / 10, meanMs: Math.round(read.meanMs) };
        else byQueue.delete(queue);
      }
      return rates;
    },
  };
}
