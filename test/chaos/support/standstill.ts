import type { RunningProcess, Stack } from '../../e2e/support/start-stack.ts';

const OPEN = {
  steps: `SELECT t.id, t.status AS task, s.key, s.status, s.attempt, s.available_at, s.queued_at, s.started_at, s.session_id
            FROM task t JOIN step s ON s.task_id = t.id
           WHERE t.finished_at IS NULL AND s.status NOT IN ('completed', 'skipped') ORDER BY t.id, s.key`,
  now: 'SELECT now()',
  reservations: 'SELECT * FROM reservation',
  sessions: 'SELECT * FROM worker_session',
  activity: `SELECT pid, state, wait_event_type, wait_event, now() - query_start AS since, left(query, 80) AS query
               FROM pg_stat_activity WHERE datname = current_database() AND state <> 'idle'`,
};

/** Describes a stalled run: open rows, activity of the stores, last log lines of the processes. */
export async function describeStandstill(stack: Stack): Promise<string> {
  const tables = await Promise.all(
    Object.entries(OPEN).map(async ([name, query]) => {
      const answer = await stack.sql.query<Record<string, unknown>>(query).catch((error: unknown) => ({
        rows: [{ error: String(error) }],
      }));
      return [`${name} (${answer.rows.length})`, ...answer.rows.slice(0, 20).map((row) => JSON.stringify(row))].join(
        '\n',
      );
    }),
  );
  const lastLines = [...stack.coordinators, ...stack.workers].map((process) => tail(process));
  return ['open tasks or reservations make no progress', ...tables, ...lastLines].join('\n');
}

const tail = (process: RunningProcess): string =>
  [`process ${process.pid}`, ...process.output().trimEnd().split('\n').slice(-12)].join('\n  ');
