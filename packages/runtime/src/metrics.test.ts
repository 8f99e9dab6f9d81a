import { describe, expect, it } from 'vitest';

import { createMetrics, type MetricLabel } from './metrics.ts';

describe('createMetrics', () => {
  it('serves the metrics with the prefix', async () => {
    const metrics = createMetrics('press', { processMetrics: false });
    metrics.counter('jobs_total', 'Jobs taken', ['queue']).inc({ queue: 'draft.batch' }, 3);
    metrics.gauge('slots', 'Slots in use').set(2);
    metrics.histogram('add_seconds', 'Time to add', ['store']).observe({ store: 'redis' }, 0.02);
    const { text, contentType } = await metrics.serve();
    expect(contentType).toContain('text/plain');
    expect(text).toContain('press_jobs_total{queue="draft.batch"} 3');
    expect(text).toContain('press_slots 2');
    expect(text).toContain('press_add_seconds_bucket{le="0.025",store="redis"} 1');
  });

  it.each(['prompt', 'api_key', 'tenant_id', 'task_id'])('rejects the label %s', (label) => {
    const metrics = createMetrics('press', { processMetrics: false });
    expect(() => metrics.counter('x_total', 'x', [label as MetricLabel])).toThrow(
      `metric label ${label} is not allowed`,
    );
  });

  it('separates two registries', async () => {
    const [one, two] = [createMetrics('a', { processMetrics: false }), createMetrics('a', { processMetrics: false })];
    one.counter('x_total', 'x').inc();
    two.counter('x_total', 'x');
    expect((await two.serve()).text).toContain('a_x_total 0');
  });

  it('includes process metrics unless disabled', async () => {
    expect((await createMetrics('p').serve()).text).toContain('p_process_cpu_seconds_total');
    expect((await createMetrics('p', { processMetrics: false }).serve()).text).not.toContain('process_cpu');
  });
});
