import { errorMessage, type Clock, type Logger } from '@pressroom/runtime';

/** Of the time, most that the work of a slowed loop takes: what grows with the backlog comes less often instead. */
const MAX_SHARE = 0.02;

/**
 * A periodic job of a process. A failing run is logged and the loop goes on; runs never overlap. Between two of them lies
 * the period; with `isSlowed` also enough for the work to take a fiftieth of the time at most; with `idleMs` that long
 * after a run that found nothing to do, which its work states by resolving with 0.
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
