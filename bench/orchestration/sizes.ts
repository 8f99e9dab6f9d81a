import type { RoundSize } from './measure-round.ts';
import type { BacklogSize } from './rows/backlog-growth.ts';
import type { TenantWaitSize } from './rows/tenant-wait.ts';
import type { KillSize } from './rows/worker-kill.ts';

export interface Sizes {
  rounds: number;
  round: RoundSize;
  backlog: BacklogSize;
  kill: KillSize;
  tenantWait: TenantWaitSize;
  /** Maximum wait for a quiet machine before each measurement. */
  quietMs: number;
}

/** Sizes for which the targets are defined. */
export const FULL: Sizes = {
  rounds: 5,
  round: { warmUp: 200, tasks: 1_000, lone: 200, submissions: 4_000, submitters: 64 },
  backlog: { small: 1_000, large: 100_000, warmUpMs: 2_000, windowMs: 8_000, repeats: 3, surplus: 6_000 },
  kill: { kills: 20, workers: 3, stepMs: 400, tasks: 4_000 },
  tenantWait: { backlog: 10_000, surplus: 4_000, stepMs: 100, samples: 40 },
  quietMs: 60_000,
};

/** Smoke run; its figures are meaningless. */
export const QUICK: Sizes = {
  rounds: 1,
  round: { warmUp: 10, tasks: 50, lone: 10, submissions: 100, submitters: 64 },
  backlog: { small: 100, large: 1_000, warmUpMs: 500, windowMs: 1_000, repeats: 1, surplus: 600 },
  kill: { kills: 2, workers: 2, stepMs: 200, tasks: 600 },
  tenantWait: { backlog: 500, surplus: 500, stepMs: 100, samples: 3 },
  quietMs: 0,
};
