import type { AlertStore, DeadLetterStore, OperationStore } from '@pressroom/db';
import type { Logger } from '@pressroom/runtime';

import { decideGrowthAlerts, type GrowthPolicy } from './core/decide-growth-alert.ts';

export interface RetentionPolicy {
  /** Dead letters that were redriven or discarded, ended operations and alerts are kept this long. */
  endedDays: number;
  /** Open ones are kept this long. */
  openDays: number;
}

/** Rows removed at once: a statement that lasts milliseconds. */
const PRUNE_BATCH = 1_000;
/** Batches of one run; the next run goes on. */
const PRUNE_BATCHES = 50;

export interface DeadLetterWatch {
  /** Raises an alert for each set of dead letters that grows, at most one a window. Answers how many were raised. */
  checkGrowth(): Promise<number>;
  /** Removes what is past its time. Answers how many dead letters went. */
  prune(): Promise<number>;
}

export function createDeadLetterWatch(deps: {
  letters: DeadLetterStore;
  operations: OperationStore;
  alerts: AlertStore;
  growth: GrowthPolicy;
  retention: RetentionPolicy;
  log: Logger;
}): DeadLetterWatch {
  const { letters, alerts, growth, retention, log } = deps;
  return {
    async checkGrowth() {
      let raised = 0;
      for (const { tenantId, current, previous } of decideGrowthAlerts(await letters.growth(growth.windowMs), growth)) {
        const causes = await letters.causes(growth.windowMs, tenantId ?? undefined, 3);
        const minutes = Math.round(growth.windowMs / 60_000);
        const isNew = await alerts.raise(
          {
            tenantId,
            kind: 'deadletter.growth',
            message: `${current} dead letters in ${minutes} minutes, after ${previous} in the ${minutes} minutes before`,
            data: { current, previous, windowMs: growth.windowMs, causes },
          },
          growth.windowMs,
        );
        if (!isNew) continue;
        raised += 1;
        log.warn({ tenantId, current, previous, windowMs: growth.windowMs }, 'dead_letters.growing');
      }
      return raised;
    },
    async prune() {
      let removed = 0;
      for (let batch = 0; batch < PRUNE_BATCHES; batch += 1) {
        const gone = await letters.prune(retention, PRUNE_BATCH);
        removed += gone;
        if (gone < PRUNE_BATCH) break;
      }
      const ended = (await deps.operations.prune(retention.endedDays)) + (await alerts.prune(retention.endedDays));
      if (removed + ended > 0) log.info({ deadLetters: removed, others: ended }, 'dead_letters.pruned');
      return removed;
    },
  };
}
