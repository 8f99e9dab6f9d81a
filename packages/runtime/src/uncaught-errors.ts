import type { Logger } from './logger.ts';
import type { Shutdown } from './shutdown.ts';

/**
 * Ends a process in order after an error that nothing caught, be it thrown or the rejection of a promise: what it may have
 * left half done makes the process unfit to go on, yet what it holds for others can be handed back. The exit code is 1.
 * Further errors meanwhile are logged; the shutdown's deadline bounds them. Call it first thing in `main.ts`.
 *
 * @param options.identify on whose behalf the code ran that threw, for the log; read where the error surfaces
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
  // Rejections without a handler come here as well, with their own origin.
  host.on('uncaughtException', (error, origin) => {
    const identity = options.identify?.();
    log.fatal({ err: error, origin, ...identity }, 'process.uncaught_error');
    if (isEnding) return;
    isEnding = true;
    options.onUncaught?.(identity);
    void shutdown.begin(`uncaught error (${origin})`, 1);
  });
}
