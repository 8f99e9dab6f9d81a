import { Worker } from 'node:worker_threads';

import type { HeartbeatCommand, HeartbeatNews, HeartbeatSettings } from './heartbeat-messages.ts';
import type { HeldAttempt, Heartbeat, SessionRates } from './renew-session.sql.ts';

export interface HeartbeatHandlers {
  /** What the process runs now; called in the main thread before each heartbeat. */
  state(): { held: HeldAttempt[]; rates: SessionRates };
  /** What a heartbeat brought, and for which session. */
  onAnswer(heartbeat: Heartbeat, sessionId: string): void;
  /** The database did not take a heartbeat; the next one follows. */
  onFailed(reason: string): void;
  /** The main thread has answered again after `forMs`; `held` is what it ran before. */
  onStall(stall: { forMs: number; held: HeldAttempt[] }): void;
  /** The thread has ended by itself: nothing renews the session any more. */
  onEnded(reason: string): void;
}

/** The heartbeat of one process. */
export interface HeartbeatHandle {
  /** Renews this session in place of the one before. */
  renew(sessionId: string): void;
  /** Stops renewing; resolves when the thread is gone, at the latest after 2 s. Idempotent. */
  stop(): Promise<void>;
}

/** Small heaps: the thread holds one connection and one list of ids. Its whole cost is some 9 MB. */
const LIMITS = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 4 };
const STOP_MS = 2_000;

/** Starts the thread that renews a session every `periodMs` (every other one while nothing runs), whatever the main thread does. */
export function startHeartbeat(settings: HeartbeatSettings, handlers: HeartbeatHandlers): HeartbeatHandle {
  const thread = new Worker(new URL('./heartbeat-thread.ts', import.meta.url), {
    name: 'heartbeat',
    workerData: settings,
    execArgv: [],
    resourceLimits: LIMITS,
  });
  // The heartbeat alone keeps no process alive.
  thread.unref();
  const tell = (command: HeartbeatCommand): void => {
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
  thread.on('message', (news: HeartbeatNews) => {
    switch (news.type) {
      case 'ask':
        tell({ type: 'state', ...handlers.state() });
        break;
      case 'answer':
        if (!isStopping) handlers.onAnswer(news.heartbeat, news.sessionId);
        break;
      case 'failed':
        handlers.onFailed(news.reason);
        break;
      case 'stalled':
        handlers.onStall(news);
    }
  });
  return {
    renew: (id) => {
      tell({ type: 'session', id });
    },
    async stop() {
      isStopping = true;
      tell({ type: 'stop' });
      const timer = setTimeout(() => void thread.terminate(), STOP_MS);
      await ended;
      clearTimeout(timer);
    },
  };
}
