import type { Machine } from '../machine/describe-machine.ts';
import type { RoundFigures } from './measure-round.ts';
import type { BacklogFigures } from './rows/backlog-growth.ts';
import type { TenantWaitFigures } from './rows/tenant-wait.ts';
import type { KillFigures } from './rows/worker-kill.ts';
import type { Sizes } from './sizes.ts';

/** All results of one run; missing measurements are absent, with their reason under `skipped`. */
export interface Results {
  startedAt: string;
  finishedAt: string;
  quick: boolean;
  seed: number;
  sizes: Sizes;
  machine: Machine;
  commit: string;
  /** Earlier revisions among the contenders. */
  earlier: { name: string; label: string }[];
  versions: Record<string, string>;
  rounds: RoundFigures[];
  backlog: BacklogFigures[];
  kills: KillFigures[];
  tenantWait: TenantWaitFigures[];
  skipped: { what: string; reason: string }[];
}
