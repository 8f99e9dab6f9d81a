import { cpus } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';

import { machineBusyMs } from '../machine/cpu-of-tree.ts';
import { percentile } from '../statistics/summarise.ts';
import type { Contender } from './contender.ts';
import { LOAD_ROLE, startContender, type RunningContender } from './start-contender.ts';

export interface RoundSize {
  warmUp: number;
  tasks: number;
  lone: number;
  submissions: number;
  submitters: number;
}

/** Figures of one contender in one round. */
export interface RoundFigures {
  contender: string;
  round: number;
  tasksPerSecond: number;
  acceptedPerSecond: number;
  cpuMsPerTask: number;
  cpuMsByRole: Record<string, number>;
  loadGeneratorCpuMsPerTask: number;
  /** CPU of other processes on the machine during the burst, as a share of all cores. */
  foreignCpuShare: number;
  /** Absent without PostgreSQL. */
  commitsPerTask?: number;
  loneP50Ms: number;
  loneP99Ms: number;
  submissionsPerSecond: number;
}

/** PostgreSQL's processes report their statistics at most once a second. */
const STATISTICS_MS = 1_200;
const REST_MS = 300;

/** Runs all interleaved measurements of a contender on new stores. */
export async function measureRound(contender: Contender, round: number, size: RoundSize): Promise<RoundFigures> {
  const running = await startContender(contender);
  try {
    const { submitters: width } = size;
    await running.burst({ count: size.warmUp, prefix: 'warm-', width });
    await delay(REST_MS);
    const burst = await measureBurstOf(running, size);
    await delay(REST_MS);
    const lone = await running.lone({ count: size.lone, prefix: 'lone-', width: 1 });
    if (contender.stopWorkerForAcceptance) await running.stopRole('worker');
    await delay(REST_MS);
    const acceptMs = await running.accept({ count: size.submissions, prefix: 'accept-', width });
    return {
      contender: contender.name,
      round,
      ...burst,
      loneP50Ms: percentile(lone, 0.5),
      loneP99Ms: percentile(lone, 0.99),
      submissionsPerSecond: (size.submissions / acceptMs) * 1_000,
    };
  } finally {
    await running.stop();
  }
}

async function measureBurstOf(running: RunningContender, size: RoundSize) {
  const commitsBefore = await commits(running);
  const [before, busyBefore] = [running.cpuMs(), machineBusyMs()];
  const startedMs = performance.now();
  const burst = await running.burst({ count: size.tasks, prefix: 'burst-', width: size.submitters });
  const measuredMs = performance.now() - startedMs;
  const [after, busyAfter] = [running.cpuMs(), machineBusyMs()];
  const commitsAfter = await commits(running);

  const used = Object.fromEntries(Object.entries(after).map(([role, ms]) => [role, ms - (before[role] ?? 0)]));
  const { [LOAD_ROLE]: loadMs = 0, ...counted } = used;
  const systemMs = Object.values(counted).reduce((sum, ms) => sum + ms, 0);
  const cores = cpus().length;
  return {
    tasksPerSecond: (size.tasks / burst.wallMs) * 1_000,
    acceptedPerSecond: (size.tasks / burst.acceptedMs) * 1_000,
    cpuMsPerTask: systemMs / size.tasks,
    cpuMsByRole: Object.fromEntries(Object.entries(counted).map(([role, ms]) => [role, ms / size.tasks])),
    loadGeneratorCpuMsPerTask: loadMs / size.tasks,
    foreignCpuShare: Math.max(0, busyAfter - busyBefore - systemMs - loadMs) / (measuredMs * cores),
    ...(commitsBefore !== undefined &&
      commitsAfter !== undefined && { commitsPerTask: (commitsAfter - commitsBefore - burst.polls) / size.tasks }),
  };
}

async function commits({ sql }: RunningContender): Promise<number | undefined> {
  if (!sql) return undefined;
  await delay(STATISTICS_MS);
  const { rows } = await sql.query<{ commits: string }>(
    'SELECT xact_commit AS commits FROM pg_stat_database WHERE datname = current_database()',
  );
  return Number(rows[0]?.commits);
}
