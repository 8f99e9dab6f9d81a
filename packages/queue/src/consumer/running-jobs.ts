import type { JobSource } from './job-source.ts';

/** Work that runs in a slot of this process. */
export interface Running {
  /** Aborted when a drain's deadline passes. */
  readonly abort: AbortController;
}

/** A job whose handler runs in this process. */
export interface RunningJob extends Running {
  readonly source: JobSource;
  readonly id: string;
  readonly token: string;
}

/** The running work of this process: locks of its jobs are renewed, and a drain waits for it. */
export interface RunningJobs {
  add(work: Running | RunningJob): void;
  remove(work: Running): void;
  readonly size: number;
  all(): Running[];
  /** The jobs among the running work; their locks must be renewed. */
  jobs(): RunningJob[];
  /** Resolves when nothing runs. */
  whenIdle(): Promise<void>;
}

export function createRunningJobs(): RunningJobs {
  const running = new Set<Running | RunningJob>();
  let idle: (() => void)[] = [];
  return {
    add: (work) => {
      running.add(work);
    },
    remove: (work) => {
      running.delete(work);
      if (running.size > 0) return;
      for (const resolve of idle) resolve();
      idle = [];
    },
    get size() {
      return running.size;
    },
    all: () => [...running],
    jobs: () => [...running].filter((work) => 'source' in work),
    whenIdle: () =>
      new Promise((resolve) => {
        if (running.size === 0) resolve();
        else idle.push(resolve);
      }),
  };
}

/** Renews the locks of all running jobs, one command per queue; returns the jobs whose lock is lost. */
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
