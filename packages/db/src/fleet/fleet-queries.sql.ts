import type { Database, Statement } from '../connection/database.ts';

export interface WorkerRow {
  id: string;
  host: string;
  pid: number;
  pools: string[];
  concurrency: number;
  active: number;
  startedAt: Date;
  lastSeenAt: Date;
  version: string;
}

export interface QueueBacklog {
  name: string;
  /** Steps that may run: due `ready` steps and `queued` ones. */
  backlog: number;
  oldestWaitMs: number;
}

const WORKERS: Statement = {
  name: 'fleet.workers',
  text: `SELECT id, host, pid, queues AS pools, concurrency, active, started_at AS "startedAt", last_seen_at AS "lastSeenAt", version
         FROM worker_session WHERE expires_at > now() ORDER BY started_at`,
};
// One branch per status, because partial indexes require a literal status.
const BACKLOGS: Statement = {
  name: 'fleet.backlogs',
  text: `SELECT queue AS name, count(*)::int AS backlog,
           greatest(0, floor(extract(epoch FROM pressroom_now() - min(available_at)) * 1000))::float8 AS "oldestWaitMs"
         FROM (SELECT queue, available_at FROM step WHERE status = 'ready' AND available_at <= pressroom_now()
               UNION ALL SELECT queue, available_at FROM step WHERE status = 'queued') s GROUP BY queue`,
};
const LONGEST_QUEUED: Statement = {
  name: 'fleet.longest_queued',
  text: `SELECT q.name AS queue, greatest(0, extract(epoch FROM pressroom_now() - s.queued_at) * 1000)::float8 AS "queuedForMs"
         FROM unnest($1::text[]) AS q(name)
         CROSS JOIN LATERAL (SELECT queued_at FROM step WHERE status = 'queued' AND queue = q.name ORDER BY queued_at LIMIT 1) s
         WHERE NOT EXISTS (SELECT 1 FROM queue_state z WHERE z.name = q.name AND z.paused)`,
};
/** Orders items round-robin by tenant, so that a tenant with many items does not delay others. */
const roundRobin = (items: string, columns: string, order: string): string => `
  SELECT ${columns} FROM (SELECT x.*, row_number() OVER (PARTITION BY x.tenant_id ORDER BY x.${order}) AS nth FROM (${items}) x) f
  ORDER BY f.nth, f.${order} LIMIT $1`;
const DUE: Statement = {
  name: 'fleet.past_deadline',
  text: roundRobin(
    `SELECT id AS "taskId", tenant_id, deadline_at FROM task
     WHERE finished_at IS NULL AND deadline_at < pressroom_now() AND id <> ALL ($2::uuid[])`,
    '"taskId"',
    'deadline_at',
  ),
};
const UNFINISHED: Statement = {
  name: 'fleet.unfinished',
  text: roundRobin(
    `SELECT id AS "taskId", tenant_id, deadline_at FROM task
     WHERE finished_at IS NULL AND steps_left = 0 AND id <> ALL ($2::uuid[])`,
    '"taskId"',
    'deadline_at',
  ),
};
// Literal statuses as above. Only `ready` steps with an attempt can be overdue; these have an index.
const OVERDUE: Statement = {
  name: 'fleet.overdue_steps',
  text: roundRobin(
    ['ready', 'queued', 'running']
      .map(
        (status) => `
          SELECT s.id AS "stepId", s.task_id AS "taskId", s.tenant_id, s.first_started_at FROM step s
          WHERE s.status = '${status}' AND s.first_started_at IS NOT NULL AND s.task_id <> ALL ($2::uuid[])
            AND s.first_started_at + s.total_timeout_ms * interval '1 ms' < pressroom_now()`,
      )
      .join(' UNION ALL '),
    '"stepId", "taskId"',
    'first_started_at',
  ),
};
export interface FleetStore {
  workers(): Promise<WorkerRow[]>;
  backlogs(): Promise<QueueBacklog[]>;
  /** How long the oldest step of each of these queues has been queued; without paused and empty queues. */
  longestQueued(queues: readonly string[]): Promise<{ queue: string; queuedForMs: number }[]>;
  /** Open tasks past their deadline. Like the next two: round-robin by tenant, without the given tasks. */
  pastDeadline(limit: number, withoutTaskIds?: readonly string[]): Promise<{ taskId: string }[]>;
  /** Open tasks without open steps: a process crashed between the last settle and the task's end. */
  unfinished(limit: number, withoutTaskIds?: readonly string[]): Promise<{ taskId: string }[]>;
  /** Open steps past their total time-out. */
  overdueSteps(limit: number, withoutTaskIds?: readonly string[]): Promise<{ stepId: string; taskId: string }[]>;
}

export function createFleetStore(database: Database): FleetStore {
  return {
    workers: () => database.run<WorkerRow & Record<string, unknown>>(WORKERS, []),
    backlogs: () => database.run<QueueBacklog & Record<string, unknown>>(BACKLOGS, []),
    longestQueued: (queues) => database.run<{ queue: string; queuedForMs: number }>(LONGEST_QUEUED, [queues]),
    pastDeadline: (limit, without = []) => database.run<{ taskId: string }>(DUE, [limit, without]),
    unfinished: (limit, without = []) => database.run<{ taskId: string }>(UNFINISHED, [limit, without]),
    overdueSteps: (limit, without = []) => database.run<{ stepId: string; taskId: string }>(OVERDUE, [limit, without]),
  };
}
