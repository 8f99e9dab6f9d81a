import { ALL_QUEUES, type QueueName } from '@pressroom/contracts';
import type {
  HeartbeatHandle,
  HeartbeatHandlers,
  HeartbeatSettings,
  HeldAttempt,
  Heartbeat,
  NewSession,
  OpenBreaker,
  SessionRates,
  SessionStore,
} from '@pressroom/db';
import { type Clock, errorMessage, LeaseLostError, type Logger, newId } from '@pressroom/runtime';

/** Period of the heartbeat, which renews all leases of a process. */
const HEARTBEAT_MS = 500;
/** A main thread that is blocked for this long is logged. */
const STALL_MS = 1_000;
/** A process whose main thread is blocked for this long is killed; other workers take its steps. */
const MAX_STALL_MS = 30_000;
/** A session without a heartbeat for this long expires; other workers take its steps. By the database's clock only. */
export const SESSION_TTL_MS = 5_000;

/** Starts the heartbeat of a session; see `startHeartbeat` of the database package. */
export type StartHeartbeat = (
  settings: Pick<HeartbeatSettings, 'sessionId' | 'queues' | 'ttlMs' | 'periodMs' | 'stallMs' | 'maxStallMs'>,
  handlers: HeartbeatHandlers,
) => HeartbeatHandle;

/**
 * A worker process's session, which owns the leases of its attempts. A heartbeat in a separate thread renews them all and
 * reports lost ones (cancelled, past a deadline, or acquired by another worker), whose attempts are aborted.
 */
export interface WorkerSession {
  /** Changes when the session has expired (the process was stopped for longer than the TTL) and a new one opens. */
  readonly id: string;
  /** Registers an attempt and aborts `controller` when its lease is lost. Returns the function that unregisters it. */
  registerAttempt(stepId: string, attempt: number, controller: AbortController): () => void;
  /** Sets the handler of attempts that the database assigns to this session but that are not registered, seen twice in a row. */
  onOrphan(adopt: (orphan: HeldAttempt) => Promise<void>): void;
  /** Sets the listener of heartbeat results. `askedAtMs` is when the heartbeat was sent, on the monotonic clock. */
  onHeartbeat(listener: (result: { breakers: readonly OpenBreaker[]; askedAtMs: number }) => void): void;
  /** Had the queue due ready steps, or was it paused, at the last heartbeat? */
  hasBacklog(queue: string): boolean;
  readonly active: number;
  /** Live worker processes at the last heartbeat, this one included; at least 1. */
  readonly liveWorkers: number;
  /** Milliseconds since the last heartbeat that reached the database. */
  silentMs(): number;
  start(): Promise<void>;
  /** Ends the session; attempts still registered are released at once. */
  stop(): Promise<void>;
}

export function createWorkerSession(deps: {
  store: Pick<SessionStore, 'open' | 'end'>;
  startHeartbeat: StartHeartbeat;
  identity: Omit<NewSession, 'id' | 'queues'> & { queues: readonly QueueName[] };
  /** This worker's throughput, sent with every heartbeat. */
  rates?: () => SessionRates;
  /** Called after the main thread was blocked, once it responds again. */
  onStall?: (forMs: number) => void;
  /** Called when nothing renews the session any more: the process must end. */
  onHeartbeatEnded?: (reason: string) => void;
  /** By default 30 s; for tests. */
  maxStallMs?: number;
  clock: Clock;
  log: Logger;
}): WorkerSession {
  const { store, clock, log } = deps;
  const held = new Map<string, { stepId: string; attempt: number; sessionId: string; controller: AbortController }>();
  let isStopping = false;
  let id = newId();
  let backlogged: ReadonlySet<string> = new Set();
  let liveWorkers = 1;
  let lastHeartbeatMs = clock.monotonicMs();
  /** When the state of the current heartbeat was read; its result is at least as recent. */
  let askedAtMs = lastHeartbeatMs;
  let heartbeat: HeartbeatHandle | undefined;
  let adopt: (orphan: HeldAttempt) => Promise<void> = () => Promise.resolve();
  let suspects = new Set<string>();
  let listener: Parameters<WorkerSession['onHeartbeat']>[0] = () => undefined;

  const open = () => store.open({ id, ...deps.identity }, SESSION_TTL_MS);

  const state = (): { held: HeldAttempt[]; rates: SessionRates } => {
    askedAtMs = clock.monotonicMs();
    return {
      held: [...held.values()].map(({ stepId, attempt }) => ({ stepId, attempt })),
      rates: deps.rates?.() ?? {},
    };
  };

  const onRenewed = (answer: Heartbeat, sessionId: string): void => {
    // The session has been replaced since.
    if (sessionId !== id || isStopping) return;
    lastHeartbeatMs = clock.monotonicMs();
    backlogged = new Set(answer.queuesWithBacklog);
    liveWorkers = Math.max(1, answer.liveWorkers);
    listener({ breakers: answer.breakers, askedAtMs });
    if (!answer.alive) {
      void replaceSession();
      return;
    }
    adoptOrphans(answer.orphans);
    for (const lost of answer.lost) {
      const entry = held.get(`${lost.stepId}:${lost.attempt}`);
      entry?.controller.abort(new LeaseLostError('this worker no longer holds the lease of the attempt'));
    }
  };

  /** The session has expired: aborts all its attempts and opens a new session. */
  const replaceSession = async (): Promise<void> => {
    const lost = [...held.values()].filter((entry) => entry.sessionId === id);
    log.warn({ sessionId: id, held: lost.length }, 'session.lost');
    id = newId();
    for (const entry of lost) entry.controller.abort(new LeaseLostError('the session expired without a heartbeat'));
    for (;;) {
      try {
        await open();
        break;
      } catch (error) {
        log.warn({ sessionId: id, reason: errorMessage(error) }, 'session.open_failed');
        await clock.sleep(HEARTBEAT_MS);
        if (isStopping) return;
      }
    }
    heartbeat?.renew(id);
  };

  /** Requires two heartbeats in a row: on the first, the reply of the acquisition may still be in transit. */
  const adoptOrphans = (orphans: readonly HeldAttempt[]): void => {
    const unheld = orphans.filter(({ stepId, attempt }) => !held.has(`${stepId}:${attempt}`));
    for (const orphan of unheld) {
      if (!suspects.has(`${orphan.stepId}:${orphan.attempt}`)) continue;
      adopt(orphan).catch((error: unknown) => {
        log.error({ err: error, stepId: orphan.stepId }, 'session.adopt_failed');
      });
    }
    suspects = new Set(unheld.map(({ stepId, attempt }) => `${stepId}:${attempt}`));
  };

  return {
    get id() {
      return id;
    },
    get active() {
      return held.size;
    },
    get liveWorkers() {
      return liveWorkers;
    },
    registerAttempt(stepId, attempt, controller) {
      const key = `${stepId}:${attempt}`;
      held.set(key, { stepId, attempt, sessionId: id, controller });
      return () => held.delete(key);
    },
    onOrphan(handler) {
      adopt = handler;
    },
    onHeartbeat(handler) {
      listener = handler;
    },
    hasBacklog: (queue) => backlogged.has(queue),
    silentMs: () => clock.monotonicMs() - lastHeartbeatMs,
    async start() {
      await open();
      lastHeartbeatMs = clock.monotonicMs();
      heartbeat = deps.startHeartbeat(
        {
          sessionId: id,
          queues: ALL_QUEUES,
          ttlMs: SESSION_TTL_MS,
          periodMs: HEARTBEAT_MS,
          stallMs: STALL_MS,
          maxStallMs: deps.maxStallMs ?? MAX_STALL_MS,
        },
        {
          state,
          onRenewed,
          // Attempts continue: without the database no other worker can take their steps, and every write is fenced.
          onFailed: (reason) => {
            log.warn({ sessionId: id, reason }, 'session.heartbeat_failed');
          },
          onStall: ({ forMs, held: steps }) => {
            log.warn({ stalledForMs: Math.round(forMs), steps }, 'event_loop.stalled');
            deps.onStall?.(forMs);
          },
          onEnded: (reason) => {
            log.fatal({ sessionId: id, reason }, 'session.heartbeat_ended');
            deps.onHeartbeatEnded?.(reason);
          },
        },
      );
    },
    async stop() {
      isStopping = true;
      await heartbeat?.stop();
      await store.end(id);
    },
  };
}
