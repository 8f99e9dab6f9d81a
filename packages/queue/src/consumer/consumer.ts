import { laneOfQueue, type Lane, type QueueName } from '@pressroom/contracts';
import { bounded, type Clock, type Logger, newId, type Random, systemClock, systemRandom } from '@pressroom/runtime';

import type { LockTiming, QueueBackend } from '../backend/queue-backend.ts';
import { throttleLog } from '../throttle-log.ts';
import { createBullJobSource } from './bull-job-source.ts';
import { createGate } from './gate.ts';
import type { JobSource } from './job-source.ts';
import { DEFAULT_LANE_SHARES, type LaneShares } from './lane-order.ts';
import { type QueueFeed, startQueueFeed } from './queue-feed.ts';
import { type JobHandler, type MalformedJob, runJob, type RunJobDeps } from './run-job.ts';
import { createRunningJobs, renewLocks, type RunningJob } from './running-jobs.ts';
import { createSlots, type Slot } from './slots.ts';

/** 6 s instead of BullMQ's 30, so that a crashed consumer's jobs are redelivered soon. The attempt fences duplicates. */
const DEFAULT_LOCKS: LockTiming = { lockDurationMs: 6_000, stalledIntervalMs: 3_000 };
/** Silence of the store beyond the longest wait after which the consumer counts as not consuming. */
const QUIET_MARGIN_MS = 10_000;
/** Time for aborted handlers to end, and for closing in total. */
const ABORT_GRACE_MS = 2_000;
const CLOSE_TIMEOUT_MS = 5_000;

export interface ConsumerOptions {
  backend: QueueBackend;
  queues: readonly QueueName[];
  /** Concurrent jobs over all queues. */
  concurrency: number;
  laneShares?: LaneShares;
  locks?: LockTiming;
  handler: JobHandler;
  /** Called with errors thrown by a handler, which are also logged. */
  onError?: RunJobDeps['onError'];
  onMalformed?: (malformed: MalformedJob) => void;
  log: Logger;
  clock?: Clock;
  random?: Random;
}

/** A slot for work other than a job. `run` releases it at the end; `release` returns it unused. */
export interface LocalSlot {
  /** @param work must not reject; its signal aborts when a drain's deadline passes */
  run(work: (signal: AbortSignal) => Promise<void>): Promise<void>;
  release(): void;
}

/**
 * Claims jobs and runs them.
 *
 * - `consuming`: from creation; `pause` and `resume` leave and enter it, for this process only.
 * - `drained`: after `drain`; claims no more jobs. Jobs still running at the deadline were aborted.
 * - `closed`: connections are released.
 */
export interface Consumer {
  pause(): void;
  resume(): void;
  /** Takes up to `most` free slots; none unless the consumer is consuming. */
  takeSlots(most: number): LocalSlot[];
  /** Waits for a slot in its lane's turn, ahead of the queues' jobs; rejects with the signal's reason. */
  waitForSlot(lane: Lane, signal: AbortSignal): Promise<LocalSlot>;
  /**
   * Stops claiming, waits for running work, aborts it after `deadlineMs` and waits 2 s more. Always resolves, with the number
   * of aborted handlers and of those that did not end even then; their jobs are delivered to another consumer.
   */
  drain(deadlineMs: number): Promise<{ aborted: number; abandoned: number }>;
  /** Drains with a deadline of 0 unless already drained, and releases the connections. Bounded in time. */
  close(): Promise<void>;
  /** Restarts consumption of all queues, for a watchdog when `isConsuming()` stays false; running work is not affected. */
  restart(): Promise<void>;
  /** Whether the store responds for every queue. True while paused or full. */
  isConsuming(): boolean;
  /** Milliseconds since the last job of this queue was claimed here, or since the start. */
  idleForMs(queue: QueueName): number;
  /** Number of running jobs. */
  readonly active: number;
}

export function createConsumer(options: ConsumerOptions): Consumer {
  const { backend, log, clock = systemClock, random = systemRandom, locks = DEFAULT_LOCKS } = options;
  const slots = createSlots({
    concurrency: options.concurrency,
    laneShares: options.laneShares ?? DEFAULT_LANE_SHARES,
  });
  const running = createRunningJobs();
  const gate = createGate();
  const ended = new AbortController();
  const consumerId = newId();
  let tokens = 0;
  const startedMs = clock.monotonicMs();
  const lastTakenMs = new Map<QueueName, number>();
  let feeds: QueueFeed[] = [];
  let sources: JobSource[] = [];
  const retired: Promise<void>[] = [];

  const reportStoreError = throttleLog((error: unknown) => {
    log.warn({ err: error }, 'queue.store_error');
  }, 5_000);

  const jobDeps: RunJobDeps = {
    handler: (job, signal, queue) => {
      lastTakenMs.set(queue, clock.monotonicMs());
      return options.handler(job, signal, queue);
    },
    onError: options.onError ?? (() => undefined),
    onMalformed: options.onMalformed ?? (() => undefined),
    running,
    mayTakeNext: (source) => gate.isOpen && !ended.signal.aborted && !slots.hasOtherWaiters(source),
    clock,
    random,
    log,
  };

  const start = (): void => {
    sources = [...new Set(options.queues)].map((queue) => createBullJobSource(backend, queue, locks));
    feeds = sources.map((source) =>
      startQueueFeed({
        source,
        lane: laneOfQueue(source.queue),
        slots,
        gate,
        clock,
        random,
        nextToken: () => `${consumerId}:${(tokens += 1)}`,
        idleWaitMs: backend.idleWaitMs,
        run: (job, token, slot) => runJob(source, job, token, slot, jobDeps),
        onStoreError: reportStoreError,
      }),
    );
  };

  const stopFeeds = async (): Promise<void> => {
    await bounded(Promise.all(feeds.map((feed) => feed.stop())), CLOSE_TIMEOUT_MS, () => new Error('feeds hang')).catch(
      reportStoreError,
    );
  };

  const closeSources = async (closing: readonly JobSource[]): Promise<void> => {
    await Promise.all(closing.map((source) => source.close().catch(reportStoreError)));
  };

  const every = async (periodMs: number, work: () => Promise<void>): Promise<void> => {
    for (;;) {
      await clock.sleep(periodMs, ended.signal);
      await work().catch(reportStoreError);
    }
  };
  const reportedLost = new WeakSet<RunningJob>();
  const renewHeldLocks = async (): Promise<void> => {
    const { lost, errors } = await renewLocks(running.jobs());
    errors.forEach(reportStoreError);
    for (const job of lost) {
      if (reportedLost.has(job)) continue;
      reportedLost.add(job);
      log.warn({ queue: job.source.queue, jobId: job.id }, 'queue.lock_lost');
    }
  };
  const recoverStalled = async (): Promise<void> => {
    const active = new Set(await backend.withActiveJobs(sources.map(({ queue }) => queue)));
    for (const source of sources.filter(({ queue }) => active.has(queue))) {
      const recovered = await source.recoverStalled();
      if (recovered > 0) log.warn({ queue: source.queue, recovered }, 'queue.stalled_recovered');
    }
  };

  start();
  every(locks.lockDurationMs / 3, renewHeldLocks).catch(() => undefined);
  every(locks.stalledIntervalMs, recoverStalled).catch(() => undefined);

  const toLocalSlot = (slot: Slot): LocalSlot => ({
    release: () => {
      slot.release();
    },
    run: async (work) => {
      const entry = { abort: new AbortController() };
      running.add(entry);
      try {
        await work(entry.abort.signal);
      } finally {
        running.remove(entry);
        slot.release();
      }
    },
  });

  let draining: Promise<{ aborted: number; abandoned: number }> | undefined;
  const drain = async (deadlineMs: number): Promise<{ aborted: number; abandoned: number }> => {
    gate.shut();
    await stopFeeds();
    const inTime = await bounded(running.whenIdle(), Math.max(0, deadlineMs), () => new Error('deadline')).then(
      () => true,
      () => false,
    );
    const late = inTime ? [] : running.all();
    for (const { abort } of late) abort.abort(new Error('the worker shuts down'));
    if (late.length > 0) {
      await bounded(running.whenIdle(), ABORT_GRACE_MS, () => new Error('deadline')).catch(() => undefined);
    }
    return { aborted: late.length, abandoned: running.size };
  };

  const consumer: Consumer = {
    pause: () => {
      gate.shut();
    },
    resume: () => {
      if (draining === undefined) gate.open();
    },
    takeSlots: (most) => {
      const taken: LocalSlot[] = [];
      while (gate.isOpen && taken.length < most) {
        const slot = slots.tryAcquire();
        if (!slot) break;
        taken.push(toLocalSlot(slot));
      }
      return taken;
    },
    waitForSlot: async (lane, signal) => {
      for (;;) {
        await gate.whenOpen(signal);
        const slot = await slots.acquire(lane, signal, { isContinuation: true });
        if (gate.isOpen) return toLocalSlot(slot);
        // Paused while waiting.
        slot.release();
      }
    },
    drain: (deadlineMs) => (draining ??= drain(deadlineMs)),
    close: async () => {
      await consumer.drain(0);
      ended.abort(new Error('the consumer is closed'));
      await closeSources(sources);
      await bounded(Promise.all(retired), CLOSE_TIMEOUT_MS, () => new Error('old connections hang')).catch(
        reportStoreError,
      );
    },
    restart: async () => {
      if (draining !== undefined) return;
      log.warn({ queues: options.queues }, 'queue.consumer_restarted');
      const old = sources;
      await stopFeeds();
      backend.reconnectConsumers();
      // Running jobs still complete through their old source.
      retired.push(running.whenIdle().then(() => closeSources(old)));
      start();
    },
    isConsuming: () => {
      if (draining !== undefined) return false;
      return feeds.every((feed) => feed.isAlive(backend.idleWaitMs + QUIET_MARGIN_MS));
    },
    idleForMs: (queue) => clock.monotonicMs() - (lastTakenMs.get(queue) ?? startedMs),
    get active() {
      return running.size;
    },
  };
  return consumer;
}
