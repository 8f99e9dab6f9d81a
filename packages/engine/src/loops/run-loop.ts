import { errorMessage, type Clock, type Logger } from '@pressroom/runtime';

/** A periodic job of a process. A failing run is logged and the loop goes on; runs never overlap. */
export function startLoop(
  name: string,
  periodMs: number,
  work: () => Promise<unknown>,
  deps: { clock: Clock; log: Logger },
): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const run = async (): Promise<void> => {
    let failing = false;
    while (!stopping.signal.aborted) {
      try {
        await work();
        if (failing) deps.log.info({ loop: name }, 'loop.recovered');
        failing = false;
      } catch (error) {
        if (!failing) deps.log.warn({ loop: name, reason: errorMessage(error) }, 'loop.failed');
        failing = true;
      }
      await deps.clock.sleep(periodMs, stopping.signal).catch(() => undefined);
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
