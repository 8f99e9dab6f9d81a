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

/** One heartbeat renews all leases of a process. */
const HEARTBEAT_MS = 500;
/** A main thread that does nothing else for this long is reported. */
const STALL_MS = 1_000;
/** A main thread without progress for this long is blocked: the process ends, its steps go to others. */
const MAX_STALL_MS = 30_000;
/** A process silent for this long is dead: its steps go to others. SQL time only, so clocks need not agree. */
export const SESSION_TTL_MS = 5_000;

/** Starts the heartbeat of a session; see `startHeartbeat` of the database package. */
export type StartHeartbeat = (
  settings: Pick<HeartbeatSettings, 'sessionId' | 'queues' | 'ttlMs' | 'periodMs' | 'stallMs' | 'maxStallMs'>,
  handlers: HeartbeatHandlers,
) => HeartbeatHandle;

/**
 * The process's right to run steps. One heartbeat, in a thread of its own, keeps every lease alive; the attempts that its
 * answer names as lost are aborted: cancelled, ended by a deadline, or given to another worker.
 */
export interface WorkerSession {
  /** Changes when the session was reaped (a process stopped for longer than the TTL) and a new one was opened. */
  readonly id: string;
  /** Registers an attempt; aborts `controller` when its lease is lost. The answer ends the registration. */
  hold(stepId: string, attempt: number, controller: AbortController): () => void;
  /** Called for an attempt that the database says this session runs though nothing here does, seen twice in a row. */
  onOrphan(adopt: (orphan: HeldAttempt) => Promise<void>): void;
  /** Called with what every heartbeat brought. `askedAtMs` is when it was asked for, on the monotonic clock. */
  onBeat(listener: (news: { breakers: readonly OpenBreaker[]; askedAtMs: number }) => void): void;
  /** Queues in which others' steps wait. */
  isContended(queue: string): boolean;
  readonly active: number;
  /** Live worker processes at the last heartbeat, this one included; at least 1. */
  readonly liveWorkers: number;
  /** Milliseconds since the last heartbeat that reached the database. */
  silentMs(): number;
  start(): Promise<void>;
  /** Ends the session; attempts still held are given back at once. */
  stop(): Promise<void>;
}

export function createWorkerSession(deps: {
  store: Pick<SessionStore, 'open' | 'end'>;
  startHeartbeat: StartHeartbeat;
  identity: Omit<NewSession, 'id' | 'queues'> & { queues: readonly QueueName[] };
  /** What this worker gets done, told with every heartbeat. */
  rates?: () => SessionRates;
  /** Called when the main thread has made no progress for a while, once it does again. */
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
  let contended: ReadonlySet<string> = new Set();
  let liveWorkers = 1;
  let lastBeatMs = clock.monotonicMs();
  /** When the state of the heartbeat under way was read: its news are at least as young. */
  let askedAtMs = lastBeatMs;
  let heartbeat: HeartbeatHandle | undefined;
  let adopt: (orphan: HeldAttempt) => Promise<void> = () => Promise.resolve();
  let suspects = new Set<string>();
  let listener: Parameters<WorkerSession['onBeat']>[0] = () => undefined;

  const open = () => store.open({ id, ...deps.identity }, SESSION_TTL_MS);

  const state = (): { held: HeldAttempt[]; rates: SessionRates } => {
    askedAtMs = clock.monotonicMs();
    return {
      held: [...held.values()].map(({ stepId, attempt }) => ({ stepId, attempt })),
      rates: deps.rates?.() ?? {},
    };
  };

  const onAnswer = (answer: Heartbeat, sessionId: string): void => {
    // An answer about a session that has been replaced since.
    if (sessionId !== id || isStopping) return;
    lastBeatMs = clock.monotonicMs();
    contended = new Set(answer.contended);
    liveWorkers = Math.max(1, answer.liveWorkers);
    listener({ breakers: answer.breakers, askedAtMs });
    if (!answer.alive) {
      void replaceSession();
      return;
    }
    adoptOrphans(answer.orphans);
    for (const lost of answer.lost) {
      const entry = held.get(`${lost.stepId}:${lost.attempt}`);
      entry?.controller.abort(new LeaseLostError('the attempt is no longer this worker’s to run'));
    }
  };

  /** The session was reaped: all it held is lost, and the process goes on under a new one. */
  const replaceSession = async (): Promise<void> => {
    const lost = [...held.values()].filter((entry) => entry.sessionId === id);
    log.warn({ sessionId: id, held: lost.length }, 'session.lost');
    id = newId();
    for (const entry of lost)
      entry.controller.abort(new LeaseLostError('the session was ended while the process was silent'));
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

  /** One sighting may be an attempt whose acquisition is still on its way to us; two in a row are not. */
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
    hold(stepId, attempt, controller) {
      const key = `${stepId}:${attempt}`;
      held.set(key, { stepId, attempt, sessionId: id, controller });
      return () => held.delete(key);
    },
    onOrphan(handler) {
      adopt = handler;
    },
    onBeat(heard) {
      listener = heard;
    },
    isContended: (queue) => contended.has(queue),
    silentMs: () => clock.monotonicMs() - lastBeatMs,
    async start() {
      await open();
      lastBeatMs = clock.monotonicMs();
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
          onAnswer,
          // Attempts go on: when the database is away nobody else can take their steps, and every write is fenced.
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
