import type { AlertStore, DeadLetterStore } from '@pressroom/db';
import type { Logger } from '@pressroom/runtime';

import { decideGrowthAlerts, type GrowthPolicy } from './core/decide-growth-alert.ts';

export interface DeadLetterWatch {
  /** Raises alerts for the growth of dead letters, at most one per tenant and window. Returns the number raised. */
  checkGrowth(): Promise<number>;
}

export function createDeadLetterWatch(deps: {
  deadLetters: DeadLetterStore;
  alerts: AlertStore;
  growth: GrowthPolicy;
  log: Logger;
}): DeadLetterWatch {
  const { deadLetters, alerts, growth, log } = deps;
  return {
    async checkGrowth() {
      let raised = 0;
      for (const { tenantId, current, previous } of decideGrowthAlerts(
        await deadLetters.growth(growth.windowMs),
        growth,
      )) {
        const causes = await deadLetters.causes(growth.windowMs, tenantId ?? undefined, 3);
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
  };
}
