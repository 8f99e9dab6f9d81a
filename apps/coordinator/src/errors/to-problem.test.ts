import { ERROR_CODES, Problem } from '@pressroom/contracts';
import { AppError } from '@pressroom/runtime';
import { describe, expect, it } from 'vitest';

import { PROBLEM_STATUS } from './problem-status.ts';
import { RequestError } from './request-error.ts';
import { toProblem } from './to-problem.ts';

const REQUEST = { path: '/v1/tasks', requestId: 'r-1' };

class OutageError extends AppError {
  readonly code = 'UNAVAILABLE';
  readonly retryable = true;
}

describe('toProblem', () => {
  it('gives every code a status and a valid problem document', () => {
    for (const code of ERROR_CODES) {
      const { status, problem } = toProblem(new RequestError(code, 'because'), REQUEST);
      expect(status).toBe(PROBLEM_STATUS[code]);
      expect(status).toBeGreaterThanOrEqual(400);
      expect(Problem.parse(problem)).toMatchObject({ code, status, instance: '/v1/tasks', requestId: 'r-1' });
    }
  });

  it('answers 500 for an unexpected error, without its message', () => {
    const { status, problem, isBug } = toProblem(new Error('password=hunter2'), REQUEST);
    expect({ status, isBug, code: problem.code }).toEqual({ status: 500, isBug: true, code: 'INTERNAL' });
    expect(JSON.stringify(problem)).not.toContain('hunter2');
  });

  it('does not fall over what is no error at all', () => {
    for (const thrown of [null, undefined, 'x', 7, {}]) expect(toProblem(thrown, REQUEST).status).toBe(500);
  });

  it('hides where a store is when it cannot be reached', () => {
    const { status, problem, headers } = toProblem(new OutageError('connect ECONNREFUSED 10.0.0.7:5432'), REQUEST);
    expect(status).toBe(503);
    expect(headers['Retry-After']).toBe('2');
    expect(JSON.stringify(problem)).not.toContain('10.0.0.7');
  });

  it('rounds the time to wait up to whole seconds', () => {
    const { headers } = toProblem(new RequestError('BACKLOG_FULL', 'full', { retryAfterMs: 4_200 }), REQUEST);
    expect(headers['Retry-After']).toBe('5');
  });

  it('names at most a hundred faults', () => {
    const errors = Array.from({ length: 500 }, (_, index) => ({ path: `p${index}`, message: 'bad' }));
    expect(toProblem(new RequestError('VALIDATION_FAILED', 'bad', { errors }), REQUEST).problem.errors).toHaveLength(
      100,
    );
  });
});
