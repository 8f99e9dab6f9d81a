import { z } from 'zod';
import { ERROR_CODES } from './error-codes.ts';

/** RFC 9457 problem details, the API's only error body. */
export const Problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.enum(ERROR_CODES),
  detail: z.string().optional(),
  instance: z.string().optional(),
  requestId: z.string().optional(),
  /** The task's error, for `TASK_FAILED`. */
  error: z.object({ code: z.string(), message: z.string() }).optional(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  /** The exceeded limit, if any: its name, its scope (`process`, `tenant`, `key`, `request`), its value. */
  limit: z.object({ name: z.string(), scope: z.string(), value: z.number() }).optional(),
});
export type Problem = z.infer<typeof Problem>;
