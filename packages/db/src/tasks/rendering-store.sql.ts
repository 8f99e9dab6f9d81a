import type { Database, Statement } from '../connection/database.ts';

/** HTML renderings of finished tasks' results, one per task: that of the latest rendered generation. */
export interface RenderingStore {
  find(taskId: string, generation: number): Promise<string | undefined>;
  /** Idempotent. No-op for a task with a newer generation or deleted content. */
  save(taskId: string, generation: number, html: string): Promise<void>;
}

const FIND: Statement = {
  name: 'rendering.find',
  text: `SELECT html FROM result_rendering WHERE task_id = $1::uuid AND generation = $2`,
};
const SAVE: Statement = {
  name: 'rendering.save',
  // The lock waits for a concurrent deletion of the content.
  text: `INSERT INTO result_rendering (task_id, generation, html, created_at)
         SELECT id, generation, $3, pressroom_now() FROM task
         WHERE id = $1::uuid AND generation = $2 AND finished_at IS NOT NULL AND content_deleted_at IS NULL FOR SHARE
         ON CONFLICT (task_id) DO UPDATE SET generation = excluded.generation, html = excluded.html, created_at = excluded.created_at`,
};

export function createRenderingStore(database: Database): RenderingStore {
  return {
    async find(taskId, generation) {
      const [row] = await database.run<{ html: string }>(FIND, [taskId, generation]);
      return row?.html;
    },
    async save(taskId, generation, html) {
      // PostgreSQL's text type cannot store NUL.
      await database.run(SAVE, [taskId, generation, html.replaceAll('\u0000', '')]);
    },
  };
}
