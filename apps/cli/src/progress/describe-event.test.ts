import { describe, expect, it } from 'vitest';

import { anEvent } from '../testing/fakes.ts';
import { createEventDescriber } from './describe-event.ts';

describe('createEventDescriber', () => {
  it('describes the events of a task with the time since its first one', () => {
    const describeEvent = createEventDescriber();
    const story = [
      anEvent(1, 'task.accepted', {}, 0),
      anEvent(2, 'step.started', { step: 'research', attempt: 1 }, 200),
      anEvent(3, 'step.retrying', { step: 'research', error: { message: 'the provider hung up' } }, 900),
      anEvent(4, 'step.started', { step: 'research', attempt: 2 }, 1_000),
      anEvent(5, 'step.completed', { step: 'research' }, 3_500),
      anEvent(6, 'cost.updated', { usd: '0.004200000' }, 3_500),
      anEvent(7, 'task.failed', { error: { message: 'no usable source' } }, 12_000),
    ].map(describeEvent);
    expect(story).toEqual([
      '   0.0s  task accepted',
      '   0.2s  ▸ research',
      '   0.9s  ! research retrying: the provider hung up',
      '   1.0s  ▸ research (attempt 2)',
      '   3.5s  ✓ research in 2.5s',
      '   3.5s    cost so far $0.004200',
      '  12.0s  task failed: no usable source',
    ]);
  });
});
