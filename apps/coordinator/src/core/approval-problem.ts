import type { Gate } from '@pressroom/contracts';

import type { ApprovalOutcome } from '../control-ports.ts';
import { invalid, notFound, RequestError } from '../errors/request-error.ts';

/** The problem for a decision that changed nothing. */
export function approvalProblem(refusal: Exclude<ApprovalOutcome, { outcome: 'decided' }>, gate: Gate): RequestError {
  switch (refusal.outcome) {
    case 'not_found':
      return notFound('task');
    case 'finished':
      return new RequestError('TASK_ALREADY_FINISHED', `the task is ${refusal.status}`);
    case 'not_pending':
      return new RequestError(
        'APPROVAL_NOT_PENDING',
        `the task does not wait at the gate ${gate}; it may have been decided already`,
      );
    case 'pipeline_unknown':
      return new RequestError('UNAVAILABLE', "this coordinator does not know the task's pipeline version", {
        retryAfterMs: 5_000,
      });
    case 'invalid_edits':
      return invalid(refusal.problems);
  }
}
