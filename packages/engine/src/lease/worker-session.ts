import { ALL_QUEUES, type QueueName } from '@pressroom/contracts';
import type { HeldAttempt, NewSession, OpenBreaker, SessionRates, SessionStore } from '@pressroom/db';
import { bounded, errorMessage, newId, type Clock, type Logger } from '@pressroom/runtime';
import { LeaseLostError } from '../engine-errors.ts';

/** One heartbeat renews all leases of a process. */
const HEARTBEAT_MS = 500;
/** A connection that hangs must not cost the session: the next heartbeat takes another one, well within the TTL. */
const HEARTBEAT_TIMEOUT_MS = 1_500;
/** A process silent for this long is dead: its steps go to others. SQL time only, so clocks need not agree. */
export const SESSION_TTL_MS = 5_000;

/**
 * The process's right to run steps. It keeps every lease alive with one heartbeat and aborts the attempts that the
 * answer says are lost: cancelled, ended by a deadline, or given to another worker.
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
  store: SessionStore;
  identity: Omit<NewSession, 'id' | 'queues'> & { queues: readonly QueueName[] };
  /** What this worker gets done, told with every heartbeat. */
  rates?: () => SessionRates;
  clock: Clock;
  log: Logger;
}): WorkerSession {
  const { store, clock, log } = deps;
  const held = new Map<string, { stepId: string; attempt: number; controller: AbortController }>();
  const stopping = new AbortController();
  const isStopping = (): boolean => stopping.signal.aborted;
  let id = newId();
  let contended: ReadonlySet<string> = new Set();
  let liveWorkers = 1;
  let lastBeatMs = clock.monotonicMs();
  let loop: Promise<void> = Promise.resolve();
  let adopt: (orphan: HeldAttempt) => Promise<void> = () => Promise.resolve();
  let suspects = new Set<string>();
  let listener: Parameters<WorkerSession['onBeat']>[0] = () => undefined;

  const open = () => store.open({ id, ...deps.identity }, SESSION_TTL_MS);

  const beat = async (): Promise<void> => {
    // Attempts acquired while the statement runs are not in it, so the answer cannot call them lost.
    const sent = [...held.values()];
    const mine = sent.map(({ stepId, attempt }) => ({ stepId, attempt }));
    const askedAtMs = clock.monotonicMs();
    const answer = await bounded(
      store.beat(id, SESSION_TTL_MS, mine, ALL_QUEUES, deps.rates?.() ?? {}),
      HEARTBEAT_TIMEOUT_MS,
      () => new Error(`no answer within ${HEARTBEAT_TIMEOUT_MS} ms`),
    );
    lastBeatMs = clock.monotonicMs();
    contended = new Set(answer.contended);
    liveWorkers = Math.max(1, answer.liveWorkers);
    listener({ breakers: answer.breakers, askedAtMs });
    if (!answer.alive) {
      log.warn({ sessionId: id, held: sent.length }, 'session.lost');
      for (const entry of sent)
        entry.controller.abort(new LeaseLostError('the session was ended while the process was silent'));
      id = newId();
      await open();
      return;
    }
    adoptOrphans(answer.orphans);
    for (const lost of answer.lost) {
      const entry = held.get(`${lost.stepId}:${lost.attempt}`);
      entry?.controller.abort(new LeaseLostError('the attempt is no longer this worker’s to run'));
    }
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

  const run = async (): Promise<void> => {
    while (!isStopping()) {
      try {
        await clock.sleep(HEARTBEAT_MS, stopping.signal);
        await beat();
      } catch (error) {
        if (isStopping()) return;
        // Attempts go on: when the database is away nobody else can take their steps, and every write is fenced.
        log.warn({ sessionId: id, reason: errorMessage(error) }, 'session.heartbeat_failed');
      }
    }
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
      held.set(key, { stepId, attempt, controller });
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
      loop = run();
    },
    async stop() {
      stopping.abort(new Error('stopping'));
      await loop;
      await store.end(id);
    },
  };
}
