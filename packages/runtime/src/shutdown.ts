import { errorMessage } from './app-error.ts';
import { type Clock, systemClock } from './clock.ts';
import type { Logger } from './logger.ts';
import { watchParent } from './parent-watch.ts';

/** Ends something the process owns. The signal aborts when the deadline has passed. */
export type Closer = (signal: AbortSignal) => Promise<void> | void;

/**
 * Ends a process in order.
 *
 * - `running`: closers are registered as things start.
 * - `closing`: entered once, by a signal, the parent's end, or `begin`; closers run one at a time, last registered
 *   first, so that each still finds what it was built on. One that fails is logged and the next runs. What is
 *   registered now is closed at once, so that a start that is overtaken by its end leaks nothing.
 * - `ended`: `exit` was called: 0 if all went well, 1 if a closer failed or the deadline passed with closers still
 *   running (their names are logged). A second signal while closing exits at once with 1.
 */
export interface Shutdown {
  /** @param name what logs call it */
  register(name: string, close: Closer): void;
  /** Starts closing; later calls join the first. Resolves with the exit code that was used. */
  begin(reason: string, exitCode?: number): Promise<number>;
  /** Listens to SIGTERM, SIGINT and the end of the parent process. Call it first thing in `main.ts`. */
  listen(): void;
  /** Aborts when closing starts: for loops to leave. */
  readonly signal: AbortSignal;
}

export function createShutdown(options: {
  log: Logger;
  /** For all closers together. */
  deadlineMs: number;
  clock?: Clock;
  /** By default the real process. */
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
