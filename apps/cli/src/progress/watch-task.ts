import type { PressroomClient } from '@pressroom/client';
import type { TaskView } from '@pressroom/contracts';

import type { Terminal } from '../terminal.ts';
import { createEventDescriber } from './describe-event.ts';

/** Shows a task's progress on standard error until it ends, and answers the task as it ended. */
export async function watchTask(client: PressroomClient, id: string, terminal: Terminal): Promise<TaskView> {
  const describe = createEventDescriber();
  for await (const event of client.tasks.events(id)) {
    const line = describe(event);
    if (line !== undefined) terminal.err(line);
  }
  return client.tasks.get(id);
}
