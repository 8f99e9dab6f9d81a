import type { RedriveOutcome } from '../../transition/task-restarts.ts';

/** What became of one item of a bulk operation. */
export interface ItemResult {
  done: boolean;
  /** Another transaction holds it: neither done nor failed yet. */
  isLocked?: boolean;
  error?: { code: string; message: string };
}

/** A redrive as an item of an operation: what a sibling's redrive has done for it counts as done. */
export function describeRedrive(outcome: RedriveOutcome, operationId: string): ItemResult {
  switch (outcome.outcome) {
    case 'restarted':
      return { done: true };
    case 'already_ended':
      if (outcome.operationId === operationId) return { done: true };
      return { done: false, error: { code: 'CONFLICT', message: `it was ${outcome.state} meanwhile` } };
    case 'not_finished':
      return { done: false, error: { code: 'CONFLICT', message: `the task is ${outcome.status}` } };
    case 'content_deleted':
      return { done: false, error: { code: 'CONFLICT', message: 'the content of the task was deleted' } };
    case 'budget_not_larger':
      return { done: false, error: { code: 'CONFLICT', message: 'the task has a larger budget' } };
    case 'no_step':
      return {
        done: false,
        error: { code: 'CONFLICT', message: 'it names no step: it was a job that nobody could read' },
      };
    case 'unknown_step':
    case 'nothing_to_do':
      return { done: false, error: { code: 'CONFLICT', message: 'its step is not there any more' } };
    case 'not_found':
      return { done: false, error: { code: 'NOT_FOUND', message: 'it is not there any more' } };
    case 'invalid_patch': {
      const [issue] = outcome.issues;
      const where = issue?.path.map(String).join('.') ?? '';
      return {
        done: false,
        error: {
          code: 'VALIDATION_FAILED',
          message: `the patch does not fit: ${where} ${issue?.message ?? ''}`.trim(),
        },
      };
    }
  }
}
