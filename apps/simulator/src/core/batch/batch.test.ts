import { describe, expect, it } from 'vitest';
import { BATCH_LIFETIME_MS, progressOf, type Batch } from './batch.ts';

const aBatch = (part: Partial<Batch> = {}): Batch => ({
  id: 'b',
  vendor: 'openai',
  owner: 'o',
  createdAtMs: 1_000,
  items: Array.from({ length: 4 }, (_unused, index) => ({
    customId: String(index),
    request: { ok: false, failure: { status: 400, kind: 'invalid_request', message: '' } },
  })),
  input: undefined,
  workMs: 400,
  cancelledAtMs: undefined,
  ...part,
});

describe('progressOf', () => {
  it.each([
    { title: 'no items at first', batch: aBatch(), atMs: 1_000, done: 0, phase: 'in_progress' },
    { title: 'items one at a time', batch: aBatch(), atMs: 1_250, done: 2, phase: 'in_progress' },
    { title: 'all items in the end', batch: aBatch(), atMs: 1_400, done: 4, phase: 'ended' },
    {
      title: 'all items immediately when there is no work time',
      batch: aBatch({ workMs: 0 }),
      atMs: 1_000,
      done: 4,
      phase: 'ended',
    },
    {
      title: 'no items after a cancellation',
      batch: aBatch({ cancelledAtMs: 1_150 }),
      atMs: 9_000,
      done: 1,
      phase: 'cancelled',
    },
    {
      title: 'all items when cancelled too late',
      batch: aBatch({ cancelledAtMs: 1_500 }),
      atMs: 9_000,
      done: 4,
      phase: 'ended',
    },
    {
      title: 'no items after a day',
      batch: aBatch({ workMs: 2 * BATCH_LIFETIME_MS }),
      atMs: 1_000 + 3 * BATCH_LIFETIME_MS,
      done: 2,
      phase: 'expired',
    },
  ])('completes $title', ({ batch, atMs, done, phase }) => {
    expect(progressOf(batch, atMs)).toMatchObject({ done, phase });
  });
});
