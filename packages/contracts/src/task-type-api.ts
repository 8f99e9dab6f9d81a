import { z } from 'zod';

/** One task type in `GET /task-types`. */
export const TaskTypeView = z.object({
  type: z.string(),
  version: z.int(),
  title: z.string(),
  description: z.string(),
  /** JSON Schema (draft 2020-12) of `input`, including its limits. */
  inputSchema: z.record(z.string(), z.unknown()),
  /** JSON Schema of the result's `data`; absent for types without one. */
  dataSchema: z.record(z.string(), z.unknown()).optional(),
  example: z.record(z.string(), z.unknown()),
  defaultTimeoutMs: z.int(),
});
export type TaskTypeView = z.infer<typeof TaskTypeView>;

export const TaskTypeList = z.object({
  items: z.array(TaskTypeView),
  limits: z.object({ bodyBytes: z.int(), bulkBodyBytes: z.int(), bulkTasks: z.int() }),
});
export type TaskTypeList = z.infer<typeof TaskTypeList>;
