import type { QueueName } from '@pressroom/contracts';
import type { Consumer } from '@pressroom/queue';
import type { Clock, Logger } from '@pressroom/runtime';

import { startLoop } from '../loops/run-loop.ts';
import { decideWatchdog, type WatchdogLimits, type WatchdogMemory } from './core/decide-watchdog.ts';

/** A job whose lock was lost is redelivered after 6 s plus up to two sweeps of 3 s; a longer wait means a stuck consumer. */
const LIMITS: WatchdogLimits = { stuckAfterMs: 15_000, confirmMs: 5_000, graceMs: 15_000 };
const CHECK_MS = 2_000;

/** Detects a consumer that takes no jobs while steps wait: restarts it, and if that does not help exits the process. */
export interface ConsumerWatchdog {
  /** For liveness probes: all queues are connected, and no restart is pending confirmation. */
  isHealthy(): boolean;
  stop(): Promise<void>;
}

export function startConsumerWatchdog(deps: {
  consumer: Pick<Consumer, 'isConsuming' | 'idleForMs' | 'restart' | 'active'>;
  queues: readonly QueueName[];
  concurrency: number;
  /** How long the oldest step of each queue has been queued; without paused and empty queues. */
  longestQueued: (queues: readonly QueueName[]) => Promise<{ queue: string; queuedForMs: number }[]>;
  /** Is the queue store reachable over another connection than the consumer's? */
  isStoreReachable: () => Promise<boolean>;
  /** Adds the jobs of waiting steps again, so that a lost job does not look like a stuck consumer. */
  requeue: () => Promise<unknown>;
  /** Exits the process with an error, so that it is restarted. */
  exit: (reason: string) => void;
  onRestart?: () => void;
  limits?: WatchdogLimits;
  checkMs?: number;
  clock: Clock;
  log: Logger;
}): ConsumerWatchdog {
  const { consumer, clock, log, limits = LIMITS } = deps;
  let memory: WatchdogMemory = {};
  let isExiting = false;

  const check = async (): Promise<void> => {
    if (isExiting) return;
    const hasFreeSlots = consumer.active < deps.concurrency;
    const isConsuming = consumer.isConsuming();
    const waiting = hasFreeSlots ? await deps.longestQueued(deps.queues) : [];
    const queues = waiting.map(({ queue, queuedForMs }) => ({
      queuedForMs,
      idleForMs: consumer.idleForMs(queue as QueueName),
    }));
    const needsCheck = !isConsuming || queues.some(({ queuedForMs }) => queuedForMs >= limits.stuckAfterMs);
    const isStoreReachable = needsCheck ? await deps.isStoreReachable() : true;
    const facts = { nowMs: clock.monotonicMs(), hasFreeSlots, isConsuming, isStoreReachable, queues };
    const decision = decideWatchdog(facts, memory, limits);
    memory = decision.memory;
    switch (decision.action) {
      case 'none':
        return;
      case 'restart':
        log.error({ isConsuming, queues: waiting }, 'watchdog.consumer_restarted');
        deps.onRestart?.();
        await consumer.restart();
        await deps.requeue();
        return;
      case 'exit':
        isExiting = true;
        log.fatal({ isConsuming, queues: waiting }, 'watchdog.process_exit');
        deps.exit('the consumer takes no jobs although steps wait');
    }
  };

  const loop = startLoop('watchdog', deps.checkMs ?? CHECK_MS, check, { clock, log });
  return {
    isHealthy: () => consumer.isConsuming() && memory.restartedAtMs === undefined,
    stop: () => loop.stop(),
  };
}
