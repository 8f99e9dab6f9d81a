import { calculateBackoffMs, type Clock, type Logger, type Random } from '@pressroom/runtime';

interface Server {
  url: string;
  exited: Promise<unknown>;
  stop(): Promise<void>;
}

const RESTART = { baseMs: 500, capMs: 10_000 };

/**
 * Starts the embedded server and starts it again, at the same address, whenever it ends by itself. Only the first start
 * may fail the caller; later ones are tried until `stop`.
 */
export async function keepPostgres(deps: {
  start: () => Promise<Server>;
  clock: Clock;
  random: Random;
  log: Logger;
}): Promise<{ url: string; stop: () => Promise<void> }> {
  const stopping = new AbortController();
  let server = await deps.start();
  const { url } = server;

  const isStopping = () => stopping.signal.aborted;
  const keep = async (): Promise<void> => {
    for (let failures = 0; ;) {
      await server.exited;
      if (isStopping()) return;
      failures += 1;
      deps.log.error({ failures }, 'postgres.ended');
      await server.stop();
      try {
        await deps.clock.sleep(calculateBackoffMs(failures, RESTART, deps.random()), stopping.signal);
        server = await deps.start();
        failures = 0;
      } catch (error) {
        if (isStopping()) return;
        deps.log.error({ err: error }, 'postgres.restart_failed');
      }
    }
  };
  const kept = keep();
  return {
    url,
    stop: async () => {
      stopping.abort();
      await server.stop();
      await kept;
    },
  };
}
