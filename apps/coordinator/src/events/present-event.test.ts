import type { TaskEvent } from '@pressroom/contracts';
import { describe, expect, it } from 'vitest';

import { presentEvent } from './present-event.ts';

const anEvent = (data: TaskEvent['data']): TaskEvent => ({
  seq: 1,
  type: 'cost.updated',
  at: '2026-03-01T10:00:00.000Z',
  generation: 1,
  data,
});

describe('presentEvent', () => {
  it('shows money as a decimal string of dollars', () => {
    expect(presentEvent(anEvent({ spentNano: '4200000' })).data).toEqual({ usd: '0.004200000' });
  });

  it('leaves every other event alone', () => {
    const event = anEvent({ step: 'research' });
    expect(presentEvent(event)).toBe(event);
  });
});
