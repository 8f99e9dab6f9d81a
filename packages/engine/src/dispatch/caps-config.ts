import { TaskType } from '@pressroom/contracts';
import { z } from 'zod';

/**
 * The `caps` section of `PRESSROOM_CONFIG`: most steps of a task type queued or running at once, over the whole
 * installation, so that one kind of work cannot take every slot. Coordinators write it to the database at start-up; the
 * last one to start wins.
 */
export const CapsConfig = z
  .strictObject({ taskType: z.record(TaskType, z.int().min(1).max(1_000_000)).default({}) })
  .prefault({});
export type CapsConfig = z.output<typeof CapsConfig>;
