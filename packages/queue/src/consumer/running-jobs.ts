import type { JobSource } from './job-source.ts';

/** A job whose handler runs in this process. */
export interface RunningJob {
  readonly source: JobSource;
  readonly id: string;
  readonly token: string;
  /** Aborted when a drain's deadline passes. */
  readonly abort: AbortController;
}

/** What runs here: what locks are renewed for, and what a drain waits for. */
export interface RunningJobs {
  add(job: RunningJob): void;
  remove(job: RunningJob): void;
  readonly size: number;
  all(): RunningJob[];
  /** Resolves when nothing runs. */
  whenIdle(): Promise<void>;
}

export function createRunningJobs(): RunningJobs {
  const jobs = new Set<RunningJob>();
  let idle: (() => void)[] = [];
  return {
    add: (job) => {
      jobs.add(job);
    },
    remove: (job) => {
      jobs.delete(job);
      if (jobs.size > 0) return;
      for (const resolve of idle) resolve();
      idle = [];
    },
    get size() {
      return jobs.size;
    },
    all: () => [...jobs],
    whenIdle: () =>
      new Promise((resolve) => {
        if (jobs.size === 0) resolve();
        else idle.push(resolve);
      }),
  };
}

/** Renews the locks of everything that runs, one command per queue; answers the jobs whose lock is lost. */
export async function renewLocks(jobs: readonly RunningJob[]): Promise<{ lost: RunningJob[]; errors: unknown[] }> {
  const bySource = Map.groupBy(jobs, (job) => job.source);
  const lost: RunningJob[] = [];
  const errors: unknown[] = [];
  await Promise.all(
    Array.from(bySource, async ([source, held]) => {
      try {
        const gone = new Set(await source.renew(held.map(({ id, token }) => ({ id, token }))));
        lost.push(...held.filter(({ id }) => gone.has(id)));
      } catch (error) {
        errors.push(error);
      }
    }),
  );
  return { lost, errors };
}
