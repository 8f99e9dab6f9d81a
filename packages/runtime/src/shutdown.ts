import { errorMessage } from './app-error.ts';
import { type Clock, systemClock } from './clock.ts';
import type { Logger } from './logger.ts';
import { watchParent } from './parent-watch.ts';

/** Closes something that the process owns. The signal aborts at the deadline. */
export type Closer = (signal: AbortSignal) => Promise<void> | void;

/**
 * Graceful shutdown of a process.
 *
 * - `running`: closers are registered as components start.
 * - `closing`: entered once, by a signal, the parent's exit, or `begin`. Closers run one at a time, in reverse order of
 *   registration, so that dependencies are closed last. A failed closer is logged and the next one runs. Closers
 *   registered now run immediately, so that a start interrupted by a shutdown leaks nothing.
 * - `ended`: `exit` was called: 0 if all closers succeeded, 1 if one failed or was still running at the deadline (its name is
 *   logged). A second signal while closing exits immediately with 1.
 */
export interface Shutdown {
  /** @param name name of the closer in logs */
  register(name: string, close: Closer): void;
  /** Starts closing; later calls join the first. Resolves with the exit code. */
  begin(reason: string, exitCode?: number): Promise<number>;
  /** Handles SIGTERM, SIGINT and the exit of the parent process. Call it first in `main.ts`. */
  listen(): void;
  /** Aborts when closing starts, so that loops can end. */
  readonly signal: AbortSignal;
}

export function createShutdown(options: {
  log: Logger;
  /** Time for all closers together. */
  deadlineMs: number;
  clock?: Clock;
  /** Default: the real process. */
  process?: NodeJS.Process;
}): Shutdown {
  const { log, deadlineMs, clock = systemClock, process: host = process } = options;
  const closers: { name: string; close: Closer }[] = [];
  const started = new AbortController();
  const expired = new AbortController();
  const unfinished = new Set<string>();
  let failed = false;
  let ending: Promise<number> | undefined;

  const closeOne = async ({ name, close }: { name: string; close: Closer }): Promise<void> => {
    unfinished.add(name);
    try {
      await close(expired.signal);
    } catch (error) {
      failed = true;
      log.error({ closer: name, err: error }, 'shutdown.closer_failed');
    } finally {
      unfinished.delete(name);
    }
  };

  const closeAll = async (): Promise<void> => {
    for (let closer = closers.pop(); closer !== undefined; closer = closers.pop()) await closeOne(closer);
  };

  const end = async (reason: string, exitCode: number): Promise<number> => {
    log.info({ reason }, 'shutdown.started');
    const timer = new AbortController();
    const inTime = await Promise.race([
      closeAll().then(() => true),
      clock.sleep(deadlineMs, timer.signal).then(
        () => false,
        () => true,
      ),
    ]);
    timer.abort();
    if (!inTime) {
      const hung = [...unfinished, ...closers.map(({ name }) => name)];
      log.error({ hung, deadlineMs }, 'shutdown.deadline_passed');
      expired.abort(new Error(`shutdown took longer than ${deadlineMs} ms`));
    }
    const code = exitCode === 0 && (failed || !inTime) ? 1 : exitCode;
    log.info({ exitCode: code }, 'shutdown.finished');
    host.exit(code);
    return code;
  };

  const begin = (reason: string, exitCode = 0): Promise<number> => {
    if (ending === undefined) {
      started.abort(new Error(`shutting down: ${reason}`));
      ending = end(reason, exitCode);
      ending.catch((error: unknown) => {
        log.error({ reason: errorMessage(error) }, 'shutdown.failed');
      });
    }
    return ending;
  };

  const onSignal = (name: NodeJS.Signals): void => {
    if (ending !== undefined) {
      log.warn({ signal: name, unfinished: [...unfinished] }, 'shutdown.forced');
      host.exit(1);
      return;
    }
    void begin(name);
  };

  return {
    register: (name, close) => {
      if (ending === undefined) closers.push({ name, close });
      else void closeOne({ name, close });
    },
    begin,
    listen: () => {
      host.on('SIGTERM', onSignal);
      host.on('SIGINT', onSignal);
      watchParent(() => void begin('parent gone'), host);
    },
    signal: started.signal,
  };
}
