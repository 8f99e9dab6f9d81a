import type { RedriveOutcome } from '../../transition/task-restarts.ts';

/** Result of one item of a bulk operation. */
export interface ItemResult {
  done: boolean;
  /** Another transaction has locked it: neither done nor failed yet. */
  isLocked?: boolean;
  error?: { code: string; message: string };
}

/** Converts a redrive's outcome. A dead letter that another item of the same operation closed counts as done. Pure. */
export function describeRedrive(outcome: RedriveOutcome, operationId: string): ItemResult {
  switch (outcome.outcome) {
    case 'restarted':
      return { done: true };
    case 'already_ended':
      if (outcome.operationId === operationId) return { done: true };
      return { done: false, error: { code: 'CONFLICT', message: `it was ${outcome.state} in the meantime` } };
    case 'not_finished':
      return { done: false, error: { code: 'CONFLICT', message: `the task is ${outcome.status}` } };
    case 'content_deleted':
      return { done: false, error: { code: 'CONFLICT', message: 'the content of the task was deleted' } };
    case 'budget_not_larger':
      return { done: false, error: { code: 'CONFLICT', message: 'the budget of the task is larger already' } };
    case 'no_step':
      return {
        done: false,
        error: { code: 'CONFLICT', message: 'it belongs to no step: it records an unreadable job' },
      };
    case 'unknown_step':
    case 'nothing_to_do':
      return { done: false, error: { code: 'CONFLICT', message: 'its step no longer exists' } };
    case 'not_found':
      return { done: false, error: { code: 'NOT_FOUND', message: 'it no longer exists' } };
    case 'invalid_patch': {
      const [issue] = outcome.issues;
      const where = issue?.path.map(String).join('.') ?? '';
      return {
        done: false,
        error: {
          code: 'VALIDATION_FAILED',
          message: `the patch is invalid: ${where} ${issue?.message ?? ''}`.trim(),
        },
      };
    }
  }
}
