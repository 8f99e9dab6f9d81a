import type { TaskCount } from '@pressroom/db';
import { createMetrics, silentLogger } from '@pressroom/runtime';
import { createTestClock } from '@pressroom/testkit';
import { describe, expect, it } from 'vitest';

import { createTaskGauges } from './task-gauges.ts';

describe('the gauge of tasks by status', () => {
  const start = (read: Partial<Record<'open' | 'ended', () => Promise<TaskCount[]>>> = {}) => {
    const clock = createTestClock();
    const metrics = createMetrics('pressroom', { processMetrics: false });
    const reads = { open: 0, ended: 0 };
    const count = (kind: 'open' | 'ended', status: TaskCount['status']) => () => {
      reads[kind] += 1;
      return read[kind]?.() ?? Promise.resolve([{ status, count: reads[kind] }]);
    };
    createTaskGauges(metrics, {
      store: { open: count('open', 'running'), ended: count('ended', 'failed') },
      clock,
      log: silentLogger(),
    });
    const scrape = async (): Promise<Record<string, number>> => {
      const { text } = await metrics.serve();
      const series = text.matchAll(/pressroom_tasks\{status="(\w+)"\} (\d+)/g);
      return Object.fromEntries(Array.from(series, ([, status = '', value]) => [status, Number(value)] as const));
    };
    return { clock, reads, scrape };
  };

  it('has every status, those without a task too', async () => {
    expect(await start().scrape()).toEqual({
      queued: 0,
      running: 1,
      awaiting_approval: 0,
      completed: 0,
      partial: 0,
      failed: 1,
      cancelled: 0,
    });
  });

  it('counts once for many scrapes, and again after 10 s', async () => {
    const { clock, reads, scrape } = start();
    await Promise.all([scrape(), scrape(), scrape()]);
    expect(reads).toEqual({ open: 1, ended: 1 });
    await clock.advance(10_000);
    expect(await scrape()).toMatchObject({ running: 2, failed: 2 });
  });

  it('makes no scrape wait for a slow count, and counts the more seldom the slower it is', async () => {
    const slow = Promise.withResolvers<TaskCount[]>();
    const { clock, reads, scrape } = start({ ended: () => slow.promise });
    const first = scrape();
    await clock.advance(500);
    expect(await first).toMatchObject({ running: 1 });
    await clock.advance(1_500);
    slow.resolve([{ status: 'completed', count: 7 }]);
    await clock.advance(0);
    expect(await scrape()).toMatchObject({ completed: 7 });
    await clock.advance(100_000);
    await scrape();
    expect(reads).toEqual({ open: 2, ended: 1 });
    await clock.advance(100_000);
    await scrape();
    expect(reads.ended).toBe(2);
  });

  it('shows no number for what cannot be counted', async () => {
    const { scrape } = start({ open: () => Promise.reject(new Error('away')) });
    const series = await scrape();
    expect(Object.keys(series)).toEqual(['completed', 'partial', 'failed', 'cancelled']);
  });
});
