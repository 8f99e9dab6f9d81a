import type { QueueName } from '@pressroom/contracts';
import type { Consumer } from '@pressroom/queue';
import type { Clock, Logger } from '@pressroom/runtime';

import { startLoop } from '../loops/run-loop.ts';
import { decideWatchdog, type WatchdogLimits, type WatchdogMemory } from './core/decide-watchdog.ts';

/** A lost lock hands its job on after 6 s and up to two sweeps of 3 s: what waits for longer waits for nobody. */
const LIMITS: WatchdogLimits = { stuckAfterMs: 15_000, confirmMs: 5_000, graceMs: 15_000 };
const LOOK_MS = 2_000;

/** Sees to it that a worker consumes while there is work for it: restarts its consumer, then ends the process. */
export interface ConsumerWatchdog {
  /** Proof of consumption, for liveness probes: queues are answered, and no restart is waiting for its effect. */
  isHealthy(): boolean;
  stop(): Promise<void>;
}

export function startConsumerWatchdog(deps: {
  consumer: Pick<Consumer, 'isConsuming' | 'idleForMs' | 'restart' | 'active'>;
  queues: readonly QueueName[];
  concurrency: number;
  /** How long the first step of each queue has been in the queue store; paused queues and empty ones are left out. */
  longestQueued: (queues: readonly QueueName[]) => Promise<{ queue: string; queuedForMs: number }[]>;
  /** Does the queue store answer, on another connection than the consumer's? */
  storeAnswers: () => Promise<boolean>;
  /** Adds the jobs of waiting steps again: a job that got lost must not be taken for a consumer that takes none. */
  requeue: () => Promise<unknown>;
  /** Ends the process with an error, so that it is started again. */
  exit: (reason: string) => void;
  onRestart?: () => void;
  limits?: WatchdogLimits;
  lookMs?: number;
  clock: Clock;
  log: Logger;
}): ConsumerWatchdog {
  const { consumer, clock, log, limits = LIMITS } = deps;
  let memory: WatchdogMemory = {};
  let hasGivenUp = false;

  const look = async (): Promise<void> => {
    if (hasGivenUp) return;
    const hasFreeSlots = consumer.active < deps.concurrency;
    const isConsuming = consumer.isConsuming();
    const waiting = hasFreeSlots ? await deps.longestQueued(deps.queues) : [];
    const queues = waiting.map(({ queue, queuedForMs }) => ({
      queuedForMs,
      idleForMs: consumer.idleForMs(queue as QueueName),
    }));
    const isOdd = !isConsuming || queues.some(({ queuedForMs }) => queuedForMs >= limits.stuckAfterMs);
    const storeAnswers = isOdd ? await deps.storeAnswers() : true;
    const facts = { nowMs: clock.monotonicMs(), hasFreeSlots, isConsuming, storeAnswers, queues };
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
        hasGivenUp = true;
        log.fatal({ isConsuming, queues: waiting }, 'watchdog.gives_up');
        deps.exit('the consumer takes no work though work waits');
    }
  };

  const loop = startLoop('watchdog', deps.lookMs ?? LOOK_MS, look, { clock, log });
  return {
    isHealthy: () => consumer.isConsuming() && memory.restartedAtMs === undefined,
    stop: () => loop.stop(),
  };
}
