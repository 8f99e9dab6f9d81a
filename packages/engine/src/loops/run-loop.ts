import { errorMessage, type Clock, type Logger } from '@pressroom/runtime';

/** Largest share of time that a slowed loop works; when its work takes longer, it runs less often. */
const MAX_SHARE = 0.02;

/**
 * Runs `work` at once and then periodically, without overlap. Logs failures and continues. The pause between runs is
 * `periodMs`; with `isSlowed` at least 49 times the duration of the last run; at least `idleMs` after a run that resolved
 * with 0.
 */
export function startLoop(
  name: string,
  periodMs: number,
  work: () => Promise<unknown>,
  deps: { clock: Clock; log: Logger; isSlowed?: boolean; idleMs?: number },
): { stop(): Promise<void> } {
  const { isSlowed = false, idleMs = 0 } = deps;
  const stopping = new AbortController();
  const run = async (): Promise<void> => {
    let failing = false;
    while (!stopping.signal.aborted) {
      const startedMs = deps.clock.monotonicMs();
      let isIdle = false;
      try {
        isIdle = (await work()) === 0;
        if (failing) deps.log.info({ loop: name }, 'loop.recovered');
        failing = false;
      } catch (error) {
        if (!failing) deps.log.warn({ loop: name, reason: errorMessage(error) }, 'loop.failed');
        failing = true;
      }
      const tookMs = deps.clock.monotonicMs() - startedMs;
      const restMs = isSlowed ? tookMs * (1 / MAX_SHARE - 1) : 0;
      await deps.clock.sleep(Math.max(periodMs, restMs, isIdle ? idleMs : 0), stopping.signal).catch(() => undefined);
    }
  };
  const done = run();
  return {
    async stop() {
      stopping.abort(new Error('stopping'));
      await done;
    },
  };
}
