import { z } from 'zod';
import { Gate, TaskStatus } from './vocabulary.ts';

/** Rejections of one gate after which the task ends with what is there instead of trying once more. */
export const MAX_REJECTIONS = 5;

/** Body of `POST /tasks/{id}/approve`. */
export const ApproveTask = z.strictObject({
  gate: Gate,
  /**
   * JSON merge patch (RFC 7396) of the step's output: named members are replaced, `null` removes one. Lists are replaced
   * whole, so that sections can be added, removed and reordered. Kept as a new version with the key as its author.
   */
  edits: z.record(z.string(), z.unknown()).optional(),
});
export type ApproveTask = z.infer<typeof ApproveTask>;

/** Body of `POST /tasks/{id}/reject`. The agent is given the reason when it tries again. */
export const RejectTask = z.strictObject({ gate: Gate, reason: z.string().trim().min(1).max(4_000) });
export type RejectTask = z.infer<typeof RejectTask>;

/** Answer of both: the task after the decision. */
export const ApprovalResult = z.object({
  id: z.uuid(),
  status: TaskStatus,
  gate: Gate,
  /** Version of the step's output that was approved with edits; absent when nothing was edited. */
  version: z.int().optional(),
  /** Times the gate has been rejected in this generation. */
  rejections: z.int(),
});
export type ApprovalResult = z.infer<typeof ApprovalResult>;

/** What a task in `awaiting_approval` waits for. */
export const AwaitingView = z.object({
  gate: Gate,
  since: z.iso.datetime(),
  /** When it ends with what is there if nobody decides. */
  until: z.iso.datetime(),
});
export type AwaitingView = z.infer<typeof AwaitingView>;
