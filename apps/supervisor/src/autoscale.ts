import type { Clock, Logger, Secret } from '@pressroom/runtime';

import { chooseWorkerTarget, type PoolAdvice, type ScalingState } from './choose-worker-target.ts';

const INTERVAL_MS = 5_000;
const REQUEST_TIMEOUT_MS = 3_000;

/** Asks the coordinator what it would like and adjusts, until `signal` aborts. A failed look changes nothing. */
export async function autoscale(options: {
  url: string;
  adminKey: Secret;
  workers: number;
  maxWorkers: number;
  /** Starts or drains workers until there are that many. */
  resize: (workers: number) => Promise<void>;
  clock: Clock;
  log: Logger;
  signal: AbortSignal;
}): Promise<void> {
  const { clock, log, signal } = options;
  let state: ScalingState = { workers: options.workers, lowLooks: 0 };
  for (;;) {
    try {
      await clock.sleep(INTERVAL_MS, signal);
      const next = chooseWorkerTarget(
        state,
        await fetchAdvice(options.url, options.adminKey, signal),
        options.maxWorkers,
      );
      if (next.workers !== state.workers) {
        log.info({ from: state.workers, to: next.workers }, 'workers.rescaled');
        await options.resize(next.workers);
      }
      state = next;
    } catch (error) {
      if (signal.aborted) return;
      log.warn({ err: error }, 'workers.rescale_failed');
    }
  }
}

async function fetchAdvice(url: string, adminKey: Secret, signal: AbortSignal): Promise<PoolAdvice[]> {
  const response = await fetch(`${url}/v1/fleet/scaling`, {
    headers: { authorization: `Bearer ${adminKey.reveal()}` },
    signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]),
  });
  if (!response.ok) throw new Error(`the coordinator answered ${response.status}`);
  return ((await response.json()) as { pools: PoolAdvice[] }).pools;
}
