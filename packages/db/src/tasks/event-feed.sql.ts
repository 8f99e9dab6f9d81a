import type { TaskEvent } from '@pressroom/contracts';
import type { Database, Statement } from '../connection/database.ts';

const AFTER: Statement = {
  name: 'events.after',
  text: `SELECT e.task_id, e.seq, e.generation, e.type, e.data, e.at,
           t.finished_at IS NOT NULL AND e.seq = t.event_seq AS last
         FROM unnest($1::uuid[], $2::int[]) AS c(task_id, seq)
         JOIN task t ON t.id = c.task_id
         CROSS JOIN LATERAL events_of_task(c.task_id, c.seq, 500) e
         ORDER BY e.task_id, e.seq`,
};

const CHANGES: Statement = {
  name: 'events.changes',
  text: `SELECT c.task_id AS "taskId",
           CASE WHEN t.id IS NULL THEN 'gone' WHEN t.event_seq > c.seq THEN 'changed' ELSE 'ended' END AS state
         FROM unnest($1::uuid[], $2::int[]) AS c(task_id, seq) LEFT JOIN task t ON t.id = c.task_id
         WHERE t.id IS NULL OR t.event_seq > c.seq OR t.finished_at IS NOT NULL`,
};

export interface EventFeedStore {
  /**
   * Events of many tasks after a sequence number each, in order, at most 500 per task. Numbers are assigned under the task's row
   * lock, so no lower number appears after a higher one was read. `last` marks the final event of a finished task.
   */
  after(cursors: ReadonlyMap<string, number>): Promise<{ taskId: string; event: TaskEvent; last: boolean }[]>;
  /**
   * Which of these tasks to read: `changed` has events after its sequence number, `ended` has finished without new ones, `gone`
   * does not exist.
   */
  changes(cursors: ReadonlyMap<string, number>): Promise<{ taskId: string; state: 'changed' | 'ended' | 'gone' }[]>;
}

export function createEventFeed(database: Database): EventFeedStore {
  return {
    changes: (cursors) => database.run(CHANGES, [[...cursors.keys()], [...cursors.values()]]),
    async after(cursors) {
      const rows = await database.run<{
        task_id: string;
        seq: number;
        generation: number;
        type: string;
        data: Record<string, unknown>;
        at: Date;
        last: boolean;
      }>(AFTER, [[...cursors.keys()], [...cursors.values()]]);
      return rows.map((row) => ({
        taskId: row.task_id,
        last: row.last,
        event: { seq: row.seq, type: row.type, at: row.at.toISOString(), generation: row.generation, data: row.data },
      }));
    },
  };
}
