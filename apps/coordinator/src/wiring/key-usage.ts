import { errorMessage, type Clock, type Logger } from '@pressroom/runtime';

/** How often uses are written: a key's last use is exact to about this. */
export const WRITE_EVERY_MS = 60_000;

export interface KeyUsage {
  /** Notes a use. Never waits and never fails. */
  touch(keyId: string): void;
  /** Writes what has been noted since, and ends the timer. */
  stop(): Promise<void>;
}

/**
 * Notes which keys are used and writes that once a minute in one statement, off the path of requests. A use that cannot be
 * written is noted again; one whose process dies is lost.
 */
export function createKeyUsage(deps: {
  write: (uses: readonly { keyId: string; usedAt: Date }[]) => Promise<void>;
  clock: Clock;
  log: Logger;
  writeEveryMs?: number;
}): KeyUsage {
  const { clock, log } = deps;
  let uses = new Map<string, Date>();
  const flush = async (): Promise<void> => {
    if (uses.size === 0) return;
    const taken = uses;
    uses = new Map();
    try {
      await deps.write([...taken].map(([keyId, usedAt]) => ({ keyId, usedAt })));
    } catch (error) {
      for (const [keyId, usedAt] of taken) if (!uses.has(keyId)) uses.set(keyId, usedAt);
      log.warn({ reason: errorMessage(error), keys: taken.size }, 'key_usage.write_failed');
    }
  };
  const timer = setInterval(() => void flush(), deps.writeEveryMs ?? WRITE_EVERY_MS);
  timer.unref();
  return {
    touch(keyId) {
      uses.set(keyId, new Date(clock.nowMs()));
    },
    async stop() {
      clearInterval(timer);
      await flush();
    },
  };
}
