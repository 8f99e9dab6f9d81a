import { z } from 'zod';
import { Gate, TaskStatus } from './vocabulary.ts';

/** Rejections of one gate after which the task ends with its available outputs instead of another attempt. */
export const MAX_REJECTIONS = 5;

/** Body of `POST /tasks/{id}/approve`. */
export const ApproveTask = z.strictObject({
  gate: Gate,
  /**
   * JSON merge patch (RFC 7396) of the step's output: named members are replaced, `null` removes one. Lists are replaced as a
   * whole, so that sections can be added, removed and reordered. Stored as a new version with the key as its author.
   */
  edits: z.record(z.string(), z.unknown()).optional(),
});
export type ApproveTask = z.infer<typeof ApproveTask>;

/** Body of `POST /tasks/{id}/reject`. The agent receives the reason in its next attempt. */
export const RejectTask = z.strictObject({ gate: Gate, reason: z.string().trim().min(1).max(4_000) });
export type RejectTask = z.infer<typeof RejectTask>;

/** Response of both: the task after the decision. */
export const ApprovalResult = z.object({
  id: z.uuid(),
  status: TaskStatus,
  gate: Gate,
  /** Version of the step's output that was approved with edits; absent without edits. */
  version: z.int().optional(),
  /** Number of rejections of the gate in this generation. */
  rejections: z.int(),
});
export type ApprovalResult = z.infer<typeof ApprovalResult>;

/** The pending approval of a task in `awaiting_approval`. */
export const AwaitingView = z.object({
  gate: Gate,
  since: z.iso.datetime(),
  /** Time at which it ends with its available outputs without a decision. */
  until: z.iso.datetime(),
});
export type AwaitingView = z.infer<typeof AwaitingView>;
