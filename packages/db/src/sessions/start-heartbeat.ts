import { Worker } from 'node:worker_threads';

import type { HeartbeatCommand, HeartbeatEvent, HeartbeatSettings } from './heartbeat-messages.ts';
import type { HeldAttempt, Heartbeat, SessionRates } from './renew-session.sql.ts';

export interface HeartbeatHandlers {
  /** Returns the attempts and rates of the process; called in the main thread before each heartbeat. */
  state(): { held: HeldAttempt[]; rates: SessionRates };
  /** Called with the result of each heartbeat and the session it renewed. */
  onRenewed(heartbeat: Heartbeat, sessionId: string): void;
  /** A heartbeat failed; the next one follows after the usual period. */
  onFailed(reason: string): void;
  /** The main thread responds again after `forMs`; `held` are the attempts it ran before. */
  onStall(stall: { forMs: number; held: HeldAttempt[] }): void;
  /** The thread ended unexpectedly: nothing renews the session any more. */
  onEnded(reason: string): void;
}

/** The heartbeat of one process. */
export interface HeartbeatHandle {
  /** Renews this session instead of the previous one. */
  renew(sessionId: string): void;
  /** Stops renewing; resolves when the thread has ended, at the latest after 2 s. Idempotent. */
  stop(): Promise<void>;
}

/** Small heaps: the thread has one connection and one list of ids, about 9 MB in all. */
const LIMITS = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 4 };
const STOP_MS = 2_000;

/** Starts the thread that renews a session every `periodMs` (twice that while idle), even while the main thread is blocked. */
export function startHeartbeat(settings: HeartbeatSettings, handlers: HeartbeatHandlers): HeartbeatHandle {
  const thread = new Worker(new URL('./heartbeat-thread.ts', import.meta.url), {
    name: 'heartbeat',
    workerData: settings,
    execArgv: [],
    resourceLimits: LIMITS,
  });
  // The heartbeat alone must not keep the process alive.
  thread.unref();
  const send = (command: HeartbeatCommand): void => {
    thread.postMessage(command);
  };
  let isStopping = false;
  const ended = new Promise<void>((resolve) => {
    thread.once('exit', () => {
      resolve();
      if (!isStopping) handlers.onEnded('the heartbeat thread ended');
    });
  });
  thread.on('error', (error) => {
    if (isStopping) return;
    isStopping = true;
    handlers.onEnded(error instanceof Error ? error.message : String(error));
  });
  thread.on('message', (event: HeartbeatEvent) => {
    switch (event.type) {
      case 'state-requested':
        send({ type: 'state', ...handlers.state() });
        break;
      case 'renewed':
        if (!isStopping) handlers.onRenewed(event.heartbeat, event.sessionId);
        break;
      case 'failed':
        handlers.onFailed(event.reason);
        break;
      case 'stalled':
        handlers.onStall(event);
    }
  });
  return {
    renew: (id) => {
      send({ type: 'session', id });
    },
    async stop() {
      isStopping = true;
      send({ type: 'stop' });
      const timer = setTimeout(() => void thread.terminate(), STOP_MS);
      await ended;
      clearTimeout(timer);
    },
  };
}
