import type { Logger } from './logger.ts';
import type { Shutdown } from './shutdown.ts';

/**
 * Shuts the process down after an uncaught exception or unhandled rejection. Its state may be inconsistent, but its leases can
 * still be handed back. The exit code is 1. Further errors meanwhile are logged; the shutdown's deadline bounds them. Call it
 * first in `main.ts`.
 *
 * @param options.identify identifies the work during which the error was thrown, for the log; read where the error surfaces
 * @param options.onUncaught called once, before closers run
 */
export function endOnUncaughtErrors<Identity extends object>(options: {
  log: Logger;
  shutdown: Pick<Shutdown, 'begin'>;
  identify?: () => Identity | undefined;
  onUncaught?: (identity: Identity | undefined) => void;
  process?: NodeJS.Process;
}): void {
  const { log, shutdown, process: host = process } = options;
  let isEnding = false;
  // Unhandled rejections also arrive here, with their own origin.
  host.on('uncaughtException', (error, origin) => {
    const identity = options.identify?.();
    log.fatal({ err: error, origin, ...identity }, 'process.uncaught_error');
    if (isEnding) return;
    isEnding = true;
    options.onUncaught?.(identity);
    void shutdown.begin(`uncaught error (${origin})`, 1);
  });
}
