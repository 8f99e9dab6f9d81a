import { ALL_QUEUES } from '@pressroom/contracts';
import { describe, expect, it } from 'vitest';

import { parsePools, PoolSpecError } from './pools.ts';

describe('parsePools', () => {
  it.each([
    ['research.interactive', ['research.interactive']],
    ['draft.*', ['draft.interactive', 'draft.batch']],
    ['*.batch', ALL_QUEUES.filter((queue) => queue.endsWith('.batch'))],
    ['*', ALL_QUEUES],
    ['*.*', ALL_QUEUES],
    [' draft.batch , research.interactive ,', ['research.interactive', 'draft.batch']],
    ['draft.*,draft.batch', ['draft.interactive', 'draft.batch']],
  ])('reads %s', (spec, queues) => {
    expect(parsePools(spec)).toEqual(queues);
  });

  it.each([
    ['', 'the list is empty'],
    [' , ', 'the list is empty'],
    ['draft', '"draft" is not a pool'],
    ['draft.batch.x', '"draft.batch.x" is not a pool'],
    ['*.*.*', '"*.*.*" is not a pool'],
    ['drafts.batch', '"drafts.batch" names an unknown agent "drafts"'],
    ['draft.slow', '"draft.slow" names an unknown lane "slow"'],
    ['*.slow', '"*.slow" names an unknown lane "slow"'],
    ['draft.', '"draft." names an unknown lane ""'],
    ['DRAFT.batch', '"DRAFT.batch" names an unknown agent "DRAFT"'],
  ])('rejects %j', (spec, problem) => {
    expect(() => parsePools(spec)).toThrow(PoolSpecError);
    expect(() => parsePools(spec)).toThrow(problem);
  });

  it('names every invalid part and the valid values', () => {
    expect(() => parsePools('drafts.batch,draft.slow')).toThrow(
      /unknown agent "drafts".*unknown lane "slow".*agents: research, outline, draft.*lanes: interactive, batch/,
    );
  });
});
