import { calculateBackoffMs, errorMessage, type Clock, type Logger, type Secret } from '@pressroom/runtime';

import { decidePoolSizes, type PoolAdvice, type PoolSize } from './decide-pool-sizes.ts';

/** The first step of an idle system waits for so long, at most, before a worker starts. */
const INTERVAL_MS = 1_000;
const REQUEST_TIMEOUT_MS = 3_000;
/** A worker that does not start is not tried every second. */
const RETRY = { baseMs: 2_000, capMs: 30_000 };

/**
 * Asks the coordinator what it would like and follows, until `signal` aborts. A look that failed changes nothing. Ends
 * without an error.
 */
export async function autoscale(options: {
  url: string;
  adminKey: Secret;
  maxWorkers: number;
  /** Starts and drains workers until pools are as large as that. */
  resize: (sizes: readonly PoolSize[]) => Promise<void>;
  clock: Clock;
  log: Logger;
  signal: AbortSignal;
}): Promise<void> {
  const { clock, log, signal } = options;
  let before = '';
  let failures = 0;
  while (!signal.aborted) {
    try {
      const sizes = decidePoolSizes(await fetchAdvice(options.url, options.adminKey, signal), options.maxWorkers);
      const now = sizes.map(({ pool, workers }) => `${pool} ${workers}`).join(', ');
      if (now !== before) log.info({ sizes: now }, 'workers.rescaled');
      before = now;
      await options.resize(sizes);
      failures = 0;
    } catch (error) {
      failures += 1;
      if (!isAborted(signal)) log.warn({ reason: errorMessage(error) }, 'workers.rescale_failed');
    }
    const pauseMs = failures > 0 ? calculateBackoffMs(failures, RETRY, 1) : INTERVAL_MS;
    await clock.sleep(pauseMs, signal).catch(() => undefined);
  }
}

const isAborted = (signal: AbortSignal): boolean => signal.aborted;

async function fetchAdvice(url: string, adminKey: Secret, signal: AbortSignal): Promise<PoolAdvice[]> {
  const response = await fetch(`${url}/v1/fleet/scaling`, {
    headers: { authorization: `Bearer ${adminKey.reveal()}` },
    signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]),
  });
  if (!response.ok) throw new Error(`the coordinator answered ${response.status}`);
  return ((await response.json()) as { pools: PoolAdvice[] }).pools;
}
