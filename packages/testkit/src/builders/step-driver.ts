import { ALL_QUEUES } from '@pressroom/contracts';
import {
  createStepStore,
  type Database,
  type Exchange,
  type ExchangeAnswer,
  type SettleItem,
  type StepAttempt,
} from '@pressroom/db';

/** A settlement without the task id, which the driver looks up. */
export type Settlement = Omit<SettleItem, 'taskId'>;

/** Acquires and settles steps one request at a time, through the exchange statement. */
export interface StepDriver {
  acquire(sessionId: string, jobs: readonly { stepId: string; attempt: number }[]): Promise<StepAttempt[]>;
  settle(
    sessionId: string,
    items: readonly Settlement[],
    options?: Partial<Pick<Exchange, 'handoffQueues' | 'queuesWithBacklog' | 'directCapacity' | 'extraSlots'>>,
  ): Promise<ExchangeAnswer>;
}

export function driveSteps(database: Database): StepDriver {
  const store = createStepStore(database);
  const emptyExchange: Exchange = {
    settle: [],
    acquire: [],
    handoffQueues: [],
    queuesWithBacklog: ALL_QUEUES,
    directCapacity: 1_000,
    extraSlots: 0,
    skipLocked: false,
  };
  const withTask = async <T extends { stepId: string }>(items: readonly T[]): Promise<(T & { taskId: string })[]> => {
    const rows = await database.read<{ id: string; task_id: string }>(
      { name: 'test.tasks_of_steps', text: 'SELECT id, task_id FROM step WHERE id = ANY ($1::uuid[])' },
      [items.map(({ stepId }) => stepId)],
    );
    const tasks = new Map(rows.map((row) => [row.id, row.task_id]));
    return items.map((item) => ({ ...item, taskId: tasks.get(item.stepId) ?? item.stepId }));
  };
  return {
    acquire: async (sessionId, jobs) =>
      (await store.exchange(sessionId, { ...emptyExchange, acquire: await withTask(jobs) })).attempts,
    settle: async (sessionId, items, options) =>
      store.exchange(sessionId, { ...emptyExchange, ...options, settle: await withTask(items) }),
  };
}
