import { NO_DEFECTS } from '@pressroom/simulator';
import { hasTestRedis, startPrivateRedis, until, createTestDatabase, type PrivateRedis } from '@pressroom/testkit';
import { afterEach, describe, expect, it } from 'vitest';

import { startStack, type Stack } from '../e2e/support/start-stack.ts';
import { untilEnded } from '../e2e/support/until-ended.ts';

const aTask = (topic: string) => ({
  type: 'article',
  input: {
    topic,
    sources: [{ title: 'Keepers', text: 'The lighthouse was built in 1858. Its keeper left in 1990.'.repeat(10) }],
    sections: 1,
    targetWords: 200,
  },
});

describe.skipIf(!hasTestRedis())('the queue store on Redis', () => {
  const cleanUps: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  });

  const startRedis = async (options: Parameters<typeof startPrivateRedis>[0] = {}): Promise<PrivateRedis> => {
    const redis = await startPrivateRedis(options);
    if (!redis) throw new Error('no redis-server on this machine');
    cleanUps.push(() => redis.stop());
    return redis;
  };
  const start = async (redisUrl: string, counts: { coordinators?: number; workers?: number } = {}): Promise<Stack> => {
    const database = await createTestDatabase();
    cleanUps.push(() => database.drop());
    const stack = await startStack({
      backend: 'redis',
      stores: { databaseUrl: database.url, redisUrl },
      provider: { latencyScale: 0, defects: NO_DEFECTS },
      ...counts,
    });
    cleanUps.push(() => stack.stop());
    return stack;
  };
  const elapsed = async (ms: number): Promise<void> => {
    const untilMs = performance.now() + ms;
    await until(() => performance.now() >= untilMs, { timeoutMs: ms + 5_000 });
  };
  const submitFast = async (stack: Stack, topic: string): Promise<string> => {
    const from = performance.now();
    const { id } = await stack.client.tasks.create(aTask(topic));
    expect(performance.now() - from).toBeLessThan(2_500);
    return id;
  };

  it.each([2_000, 15_000])('hangs for %i ms: tasks are accepted, workers recover without help', async (ms) => {
    const redis = await startRedis();
    const stack = await start(redis.url);
    const before = await submitFast(stack, 'before');
    redis.pause();
    const during = await submitFast(stack, 'during');
    await elapsed(ms);
    redis.resume();
    const after = await submitFast(stack, 'after');
    for (const id of [before, during, after]) expect((await untilEnded(stack, id, 30_000)).status).toBe('completed');
    const { rows } = await stack.sql.query(`SELECT count(*)::int AS n FROM attempt WHERE outcome <> 'completed'`);
    expect(rows).toEqual([{ n: 0 }]);
    expect(stack.workers[0]?.output()).not.toContain('watchdog.process_exit');
  });

  it.each([2_000, 15_000])(
    'is killed and restarts empty after %i ms: nothing is lost, workers recover without help',
    async (ms) => {
      const redis = await startRedis();
      const stack = await start(redis.url);
      const before = await submitFast(stack, 'before');
      await redis.stop();
      const during = await submitFast(stack, 'during');
      await elapsed(ms);
      await startRedis({ port: redis.port });
      const after = await submitFast(stack, 'after');
      for (const id of [before, during, after]) expect((await untilEnded(stack, id, 30_000)).status).toBe('completed');
      expect(stack.workers[0]?.output()).not.toContain('watchdog.process_exit');
    },
  );

  it.each(['coordinators', 'workers'] as const)(
    'that evicts keeps %s from starting, with the reason',
    async (which) => {
      const redis = await startRedis({ args: ['--maxmemory-policy', 'allkeys-lru'] });
      const counts = { coordinators: 0, workers: 0, [which]: 1 };
      await expect(start(redis.url, counts)).rejects.toThrow(
        /ended with 1:[\s\S]*its maxmemory-policy is allkeys-lru[\s\S]*set "maxmemory-policy noeviction"/,
      );
    },
  );

  it('that starts evicting later is reported by a metric, an alert and the log', async () => {
    const redis = await startRedis();
    const stack = await start(redis.url, { workers: 0 });
    const suitable = async () => {
      const response = await fetch(`${stack.url}/metrics`, { headers: { authorization: `Bearer ${stack.adminKey}` } });
      return /^pressroom_queue_store_suitable (\d)$/m.exec(await response.text())?.[1];
    };
    await until(async () => (await suitable()) === '1', { timeoutMs: 15_000 });
    await redis.command('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
    await until(async () => (await suitable()) === '0', { timeoutMs: 30_000 });
    expect(stack.coordinators[0]?.output()).toContain('queue.store_unsuitable');
    const { rows } = await stack.sql.query(`SELECT kind, message FROM alert`);
    expect(rows).toEqual([
      { kind: 'queue_store.unsuitable', message: expect.stringContaining('noeviction') as string },
    ]);
  });
});
