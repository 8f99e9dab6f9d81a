import type { TaskView } from '@pressroom/contracts';
import { until } from '@pressroom/testkit';
import type { Stack } from './start-stack.ts';

/** Waits for the end of a task and returns it. */
export const untilEnded = (stack: Stack, id: string, timeoutMs = 60_000): Promise<TaskView> =>
  until(
    async () => {
      const task = await stack.client.tasks.get(id);
      return task.finishedAt === null ? undefined : task;
    },
    { timeoutMs, describe: `the end of task ${id}` },
  );
