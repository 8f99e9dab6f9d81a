import type { TaskStatus } from '@pressroom/contracts';

import type { Database, Statement } from '../connection/database.ts';

export interface TaskCount {
  status: TaskStatus;
  count: number;
}

export interface TaskCountStore {
  /** Open tasks by status; uses a partial index. */
  open(): Promise<TaskCount[]>;
  /** Finished tasks by status; reads the whole table. */
  ended(): Promise<TaskCount[]>;
}

const countWhere = (name: string, condition: string): Statement => ({
  name: `task_counts.${name}`,
  text: `SELECT status, count(*)::int AS count FROM task WHERE ${condition} GROUP BY status`,
});
const OPEN = countWhere('open', 'finished_at IS NULL');
const ENDED = countWhere('ended', 'finished_at IS NOT NULL');

export function createTaskCountStore(database: Database): TaskCountStore {
  const read = (statement: Statement) => database.read<TaskCount & Record<string, unknown>>(statement, []);
  return { open: () => read(OPEN), ended: () => read(ENDED) };
}
