import type { Lane } from '@pressroom/contracts';
import { calculateBackoffMs, type Clock, type Random } from '@pressroom/runtime';

import type { Claim, ClaimedJob, JobSource } from './job-source.ts';
import type { Slot, Slots } from './slots.ts';

/** Lets everybody pass while open. */
export interface Gate {
  readonly isOpen: boolean;
  /** Resolves once open; rejects with the signal's reason. */
  whenOpen(signal: AbortSignal): Promise<void>;
}

export interface QueueFeed {
  /** Takes no more; resolves when the loop has ended. Jobs that run are not its business. */
  stop(): Promise<void>;
  /** Has the store answered within `quietMs`, or is there no reason to ask it? */
  isAlive(quietMs: number): boolean;
}

const RETRY = { baseMs: 100, capMs: 2_000 };

/**
 * Feeds the jobs of one queue to `run` as slots become free. Its loop:
 *
 * - `slot`: waits for a free slot (and an open gate). A job is only claimed when it can start at once, so that none lies
 *   claimed in a busy process while another is idle.
 * - `claim`: asks for one job. Got one: it runs beside the loop, which goes back to `slot`. None: gives the slot back.
 * - `listen`: waits without a slot until something may be ready. Woken without room (others took the slots): hands the
 *   wake-up on to another consumer first.
 *
 * An error of the store at any point: back to `slot` after a pause that grows.
 */
export function startQueueFeed(options: {
  source: JobSource;
  lane: Lane;
  slots: Slots;
  gate: Gate;
  clock: Clock;
  random: Random;
  nextToken: () => string;
  idleWaitMs: number;
  /** Runs a job to its end and gives the slot back; never rejects. */
  run: (job: ClaimedJob, token: string, slot: Slot) => Promise<void>;
  onStoreError: (error: unknown) => void;
}): QueueFeed {
  const { source, lane, slots, gate, clock, random } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  const isStopped = (): boolean => signal.aborted;
  let lastAnswerMs = clock.monotonicMs();
  let waitsForRoom = false;
  let failures = 0;

  const answered = (): void => {
    lastAnswerMs = clock.monotonicMs();
    failures = 0;
  };

  const takeSlot = async (): Promise<Slot> => {
    waitsForRoom = true;
    try {
      await gate.whenOpen(signal);
      return await slots.acquire(lane, signal, { owner: source });
    } finally {
      waitsForRoom = false;
    }
  };

  const claim = async (slot: Slot): Promise<Claim> => {
    // Paused or stopped while it waited for the slot.
    if (!gate.isOpen || signal.aborted) {
      slot.release();
      return { job: undefined, nextAtMs: undefined };
    }
    const token = options.nextToken();
    try {
      const claimed = await source.claim(token);
      answered();
      if (claimed.job === undefined) slot.release();
      else void options.run(claimed.job, token, slot);
      return claimed;
    } catch (error) {
      slot.release();
      throw error;
    }
  };

  const listen = async (nextAtMs: number | undefined): Promise<void> => {
    const dueInMs = nextAtMs === undefined ? Infinity : nextAtMs - clock.nowMs();
    if (dueInMs <= 0) return;
    const signalled = await source.wait(Math.min(options.idleWaitMs, dueInMs));
    answered();
    if (signal.aborted && signalled.outcome === 'timeout') return;
    if (signalled.outcome === 'delayed') {
      await listen(Math.min(signalled.nextAtMs, nextAtMs ?? Infinity));
    } else if (signalled.outcome === 'signalled' && (!slots.hasFree || !gate.isOpen || signal.aborted)) {
      await source.returnSignal();
    }
  };

  const loop = async (): Promise<void> => {
    while (!isStopped()) {
      try {
        const claimed = await claim(await takeSlot());
        if (claimed.job === undefined && !isStopped() && gate.isOpen) await listen(claimed.nextAtMs);
      } catch (error) {
        if (isStopped()) return;
        options.onStoreError(error);
        failures += 1;
        await clock.sleep(calculateBackoffMs(failures, RETRY, random(), 50), signal).catch(() => undefined);
      }
    }
  };

  const ended = loop();
  return {
    stop: async () => {
      stopping.abort(new Error('the consumer takes no more jobs'));
      await source.interrupt().catch(() => undefined);
      await ended;
    },
    isAlive: (quietMs) => waitsForRoom || clock.monotonicMs() - lastAnswerMs <= quietMs,
  };
}
