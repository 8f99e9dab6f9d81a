import type { Database, Statement } from '../connection/database.ts';
import { toJsonb } from '../connection/to-jsonb.ts';

/** Load of one queue. A paused queue has no backlog, since its steps cannot run. */
export interface QueueLoad {
  name: string;
  /** Steps that may run: due `ready` steps and `queued` ones. */
  backlog: number;
  oldestWaitMs: number;
  running: number;
}

/** A live worker. */
export interface WorkerLoad {
  queues: string[];
  concurrency: number;
  active: number;
  /** By queue: attempts finished per minute and their mean duration. */
  rates: Readonly<Record<string, { perMinute: number; meanMs: number }>>;
}

/** A consistent snapshot of the inputs of scaling, by the database's clock. */
export interface FleetLoad {
  nowMs: number;
  queues: QueueLoad[];
  workers: WorkerLoad[];
  /** Stored scaling state by pool; only the policy knows its format. */
  memories: Readonly<Record<string, unknown>>;
}

export interface ScalingStore {
  /** Reads load, workers and stored state in one statement. */
  load(): Promise<FleetLoad>;
  /** Stores the state of the given pools; removes other pools after a day. */
  storeMemories(memories: Readonly<Record<string, unknown>>): Promise<void>;
}

// One branch per status, because partial indexes require a literal status.
const LOAD: Statement = {
  name: 'scaling.load',
  text: `
    SELECT floor(extract(epoch FROM now()) * 1000)::float8 AS "nowMs",
      (SELECT coalesce(jsonb_agg(jsonb_build_object('name', q.queue, 'backlog', q.backlog, 'running', q.running,
          'oldestWaitMs', greatest(0, coalesce(floor(extract(epoch FROM pressroom_now() - q.oldest) * 1000), 0)))), '[]')
       FROM (
         SELECT s.queue, sum(s.waiting)::int AS backlog, min(s.oldest) AS oldest, sum(s.running)::int AS running
         FROM (
           SELECT queue, count(*) AS waiting, min(available_at) AS oldest, 0 AS running FROM step
           WHERE status = 'ready' AND available_at <= pressroom_now() AND queue NOT IN (SELECT name FROM queue_state WHERE paused)
           GROUP BY queue
           UNION ALL
           SELECT queue, count(*), min(available_at), 0 FROM step
           WHERE status = 'queued' AND queue NOT IN (SELECT name FROM queue_state WHERE paused) GROUP BY queue
           UNION ALL
           SELECT queue, 0, NULL, count(*) FROM step WHERE status = 'running' GROUP BY queue
         ) s GROUP BY s.queue
       ) q) AS queues,
      (SELECT coalesce(jsonb_agg(jsonb_build_object('queues', w.queues, 'concurrency', w.concurrency, 'active', w.active,
          'rates', w.rates)), '[]') FROM worker_session w WHERE w.expires_at > now()) AS workers,
      (SELECT coalesce(jsonb_object_agg(p.pool, p.memory), '{}') FROM pool_scaling p) AS memories`,
};
const STORE: Statement = {
  name: 'scaling.store',
  text: `
    WITH removed_pools AS (DELETE FROM pool_scaling WHERE at < now() - interval '1 day' AND NOT ($1::jsonb ? pool))
    INSERT INTO pool_scaling (pool, memory, at) SELECT m.key, m.value, now() FROM jsonb_each($1::jsonb) m ORDER BY m.key
    ON CONFLICT (pool) DO UPDATE SET memory = excluded.memory, at = excluded.at`,
};

export function createScalingStore(database: Database): ScalingStore {
  return {
    async load() {
      const [row] = await database.run<FleetLoad & Record<string, unknown>>(LOAD, []);
      if (!row) throw new Error('a SELECT without FROM must return one row');
      return row;
    },
    async storeMemories(memories) {
      await database.run(STORE, [toJsonb(memories)]);
    },
  };
}
