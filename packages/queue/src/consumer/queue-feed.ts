import type { Lane } from '@pressroom/contracts';
import { calculateBackoffMs, type Clock, type Random } from '@pressroom/runtime';

import type { Claim, ClaimedJob, JobSource } from './job-source.ts';
import type { Slot, Slots } from './slots.ts';

/** Blocks callers while shut. */
export interface Gate {
  readonly isOpen: boolean;
  /** Resolves once open; rejects with the signal's reason. */
  whenOpen(signal: AbortSignal): Promise<void>;
}

export interface QueueFeed {
  /** Claims no more jobs; resolves when the loop has ended. Running jobs are not affected. */
  stop(): Promise<void>;
  /** Whether the store has responded within `quietMs`, or no request to it is needed. */
  isAlive(quietMs: number): boolean;
}

const RETRY = { baseMs: 100, capMs: 2_000 };

/**
 * Feeds the jobs of one queue to `run` as slots become free. Its loop:
 *
 * - `slot`: waits for a free slot and an open gate. A job is claimed only when it can start immediately, so that no job
 *   waits in a busy process while another process is idle.
 * - `claim`: claims one job and runs it concurrently, then returns to `slot`. Without a job: releases the slot.
 * - `listen`: waits without a slot until a job may be ready. If it is signalled while no slot is free, it passes the signal
 *   to another consumer.
 *
 * After a store error: backs off, then returns to `slot`.
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
  /** Runs a job to its end and releases the slot; never rejects. */
  run: (job: ClaimedJob, token: string, slot: Slot) => Promise<void>;
  onStoreError: (error: unknown) => void;
}): QueueFeed {
  const { source, lane, slots, gate, clock, random } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  const isStopped = (): boolean => signal.aborted;
  let lastAnswerMs = clock.monotonicMs();
  let isWaitingForSlot = false;
  let failures = 0;

  const answered = (): void => {
    lastAnswerMs = clock.monotonicMs();
    failures = 0;
  };

  const acquireSlot = async (): Promise<Slot> => {
    isWaitingForSlot = true;
    try {
      await gate.whenOpen(signal);
      return await slots.acquire(lane, signal, { owner: source });
    } finally {
      isWaitingForSlot = false;
    }
  };

  const claim = async (slot: Slot): Promise<Claim> => {
    // Paused or stopped while waiting for the slot.
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
        const claimed = await claim(await acquireSlot());
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
    isAlive: (quietMs) => isWaitingForSlot || clock.monotonicMs() - lastAnswerMs <= quietMs,
  };
}
