import type { Metrics } from '../metrics.ts';
import type { SandboxPoolOptions } from './sandbox-pool.ts';

/** Records sandbox jobs as Prometheus metrics; `outcome` is `ok`, `aborted` or the error's code. */
export function createSandboxMetrics(metrics: Metrics): NonNullable<SandboxPoolOptions['onJob']> {
  const jobs = metrics.counter('sandbox_jobs_total', 'Jobs on untrusted input in child processes', ['kind', 'outcome']);
  const seconds = metrics.histogram('sandbox_job_seconds', 'Duration of these jobs, waiting included', ['kind']);
  return ({ job, outcome, durationMs }) => {
    jobs.inc({ kind: job, outcome });
    seconds.observe({ kind: job }, durationMs / 1_000);
  };
}
