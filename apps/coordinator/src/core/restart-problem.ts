import { formatUsd } from '@pressroom/contracts';

import { invalid, notFound, RequestError } from '../errors/request-error.ts';
import type { RedriveOutcome } from '../ports.ts';
import { fieldPath } from './inspect-json.ts';

type Refusal = Exclude<RedriveOutcome, { outcome: 'restarted' }>;

/** The answer to a retry or redrive that was refused. `noun` is what the request named. */
export function restartProblem(refusal: Refusal, noun: 'task' | 'dead letter'): RequestError {
  switch (refusal.outcome) {
    case 'not_found':
      return notFound(noun);
    case 'not_finished':
      return new RequestError(
        'CONFLICT',
        `the task is ${refusal.status}; it can begin its next generation when it has ended`,
      );
    case 'budget_not_larger':
      return invalid([
        {
          path: 'budgetUsd',
          message:
            refusal.budgetNanoUsd === null
              ? 'must be left out: the task has no budget, so nothing limits it'
              : `must be more than the task's budget of ${formatUsd(refusal.budgetNanoUsd)}`,
        },
      ]);
    case 'nothing_to_do':
      return new RequestError('CONFLICT', 'every step completed; name one in fromStep to run it again');
    case 'content_deleted':
      return new RequestError('CONFLICT', 'the content of the task was deleted, so its steps have nothing to work on');
    case 'unknown_step':
      return noun === 'task'
        ? invalid([{ path: 'fromStep', message: 'must be the key of a step of this task' }])
        : new RequestError('CONFLICT', 'its step is not part of the task any more');
    case 'already_ended':
      return new RequestError('CONFLICT', `the dead letter was ${refusal.state} already`);
    case 'no_step':
      return new RequestError('CONFLICT', 'the dead letter is an unreadable job; there is no step to run again');
    case 'invalid_patch':
      return invalid(refusal.issues.map(({ path, message }) => ({ path: pathOf(path), message })));
  }
}

const pathOf = (path: readonly PropertyKey[]): string =>
  path.reduce<string>(
    (at, part) => (typeof part === 'number' ? `${at}[${part}]` : fieldPath(at, String(part))),
    'patch',
  );
