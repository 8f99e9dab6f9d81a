import { NO_DEFECTS } from '@pressroom/simulator';
import { until } from '@pressroom/testkit';
import { afterEach, describe, expect, it } from 'vitest';

import { sampleSources } from './support/sources.ts';
import { startStack, type Stack } from './support/start-stack.ts';
import { untilEnded } from './support/until-ended.ts';

const anArticle = {
  type: 'article',
  input: { topic: 'Lighthouses', sources: sampleSources(), sections: 4, targetWords: 400 },
};

describe('pools', () => {
  let stack: Stack;
  afterEach(async () => {
    await stack.stop();
  });

  it('share a task: one runs only drafts, one the rest, each within its concurrency', async () => {
    stack = await startStack({ backend: 'postgres', workers: 0, provider: { latencyScale: 0.1, defects: NO_DEFECTS } });
    await stack.startWorker({ PRESSROOM_POOLS: 'draft.*', PRESSROOM_CONCURRENCY: '2' });
    await stack.startWorker({
      PRESSROOM_POOLS: 'research.*, outline.*, refine.*, write.*',
      PRESSROOM_CONCURRENCY: '3',
    });
    const { workers } = await stack.client.fleet();
    expect(workers.map(({ pools, concurrency }) => [pools.length, concurrency]).toSorted()).toEqual([
      [2, 2],
      [8, 3],
    ]);

    const { id } = await stack.client.tasks.create(anArticle);
    let mostDrafts = 0;
    await until(
      async () => {
        const { rows } = await stack.sql.query<{ n: number }>(
          `SELECT count(*)::int AS n FROM step WHERE status = 'running' AND agent = 'draft'`,
        );
        mostDrafts = Math.max(mostDrafts, rows[0]?.n ?? 0);
        return (await stack.client.tasks.get(id)).finishedAt !== null;
      },
      { timeoutMs: 60_000, everyMs: 5 },
    );
    expect((await untilEnded(stack, id)).status).toBe('completed');
    expect(mostDrafts).toBe(2);

    const { rows } = await stack.sql.query<{ agent: string; queues: string[]; n: number }>(
      `SELECT s.agent, w.queues, count(*)::int AS n FROM attempt a JOIN step s ON s.id = a.step_id
       JOIN worker_session w ON w.id = a.session_id GROUP BY 1, 2`,
    );
    expect(rows.length).toBeGreaterThanOrEqual(4);
    for (const { agent, queues } of rows) expect(queues).toContain(`${agent}.interactive`);
    const drafts = rows.filter(({ agent }) => agent === 'draft');
    expect(drafts).toMatchObject([{ queues: ['draft.interactive', 'draft.batch'] }]);
    expect(drafts[0]?.n).toBeGreaterThanOrEqual(4);
  });

  it('without a worker keep their steps until one starts, and request one from the autoscaler', async () => {
    const monitorKey = 'end-to-end-monitor-key-000001';
    stack = await startStack({
      backend: 'postgres',
      workers: 0,
      provider: { latencyScale: 0, defects: NO_DEFECTS },
      env: { PRESSROOM_MONITOR_KEY: monitorKey },
    });
    const monitor = { headers: { authorization: `Bearer ${monitorKey}` } };
    await stack.startWorker({ PRESSROOM_POOLS: 'research.*,outline.*,refine.*,write.*' });
    const { id } = await stack.client.tasks.create(anArticle);
    const waiting = await until(
      async () => {
        const pools = await stack.client.scaling();
        return pools.find(({ pool, backlog }) => pool === 'all' && backlog > 0);
      },
      { timeoutMs: 30_000 },
    );
    expect(waiting).toMatchObject({ currentReplicas: 0, desiredReplicas: 1 });
    expect((await stack.client.tasks.get(id)).status).toBe('running');
    expect(await (await fetch(`${stack.url}/v1/fleet/scaling/all`, monitor)).json()).toEqual({ desiredReplicas: 1 });
    expect((await fetch(`${stack.url}/v1/tasks/${id}`, monitor)).status).toBe(403);
    const series = await until(async () => {
      const text = await (await fetch(`${stack.url}/metrics`, monitor)).text();
      return text.includes('pressroom_pool_replicas_desired{pool="all"} 1') ? text : undefined;
    });
    expect(series).toMatch(/^pressroom_queue_backlog\{queue="draft\.interactive"\} [1-9]/m);
    expect(series).toMatch(/^pressroom_queue_oldest_wait_seconds\{queue="draft\.interactive"\} \d/m);
    expect(series).toContain('pressroom_queue_slots{queue="draft.interactive"} 0');
    expect(series).toContain('pressroom_queue_slots{queue="refine.interactive"} 16');
    expect(series).toContain('pressroom_queue_active{queue="draft.interactive"} 0');
    await stack.startWorker({ PRESSROOM_POOLS: 'draft.interactive' });
    expect((await untilEnded(stack, id)).status).toBe('completed');
  });
});
