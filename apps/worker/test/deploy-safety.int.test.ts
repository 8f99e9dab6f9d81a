import { randomBytes } from 'node:crypto';

import { createPageParser, findAgent } from '@pressroom/agents';
import { createMoneyStore } from '@pressroom/db';
import type { ExecuteAttempt, FindPipeline } from '@pressroom/engine';
import type { Gateway } from '@pressroom/llm';
import { silentLogger, systemClock } from '@pressroom/runtime';
import { aChain, aPipeline, aStep, getTestRedis, hasTestRedis, until } from '@pressroom/testkit';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createExecuteAttempt, createSpendMeter } from '../src/wiring/execute-attempt.ts';
import { startTestFleet, type TestFleet } from './support/start-test-fleet.ts';

const done = (output: Record<string, unknown>): Awaited<ReturnType<ExecuteAttempt>> => ({
  outcome: 'done',
  output,
  limitations: [],
  degraded: false,
  costNano: 0n,
  avoided: [],
});
const execute: ExecuteAttempt = (attempt) => Promise.resolve(done({ step: attempt.key }));
const KINDS = hasTestRedis() ? (['postgres', 'redis'] as const) : (['postgres'] as const);

describe.each(KINDS)('a worker on %s', (kind) => {
  let fleet: TestFleet;
  beforeEach(async () => {
    fleet = await startTestFleet(kind);
  });
  afterEach(() => fleet.close());

  const endOf = (taskId: string) =>
    until(
      async () =>
        (
          await fleet.sql<{ status: string }>(`SELECT status FROM task WHERE id = $1 AND finished_at IS NOT NULL`, [
            taskId,
          ])
        )[0]?.status,
      { timeoutMs: 15_000, describe: `the end of task ${taskId}` },
    );
  const deadLetters = (taskId: string) =>
    fleet.sql(`SELECT error_code, message, attempts FROM dead_letter WHERE task_id = $1`, [taskId]);

  const refusedStep = (taskId: string) =>
    until(
      async () =>
        (
          await fleet.sql<{ refused_by: string[]; failures: number; first_started_at: Date | null }>(
            `SELECT refused_by, failures, first_started_at FROM step
             WHERE task_id = $1 AND refused_by IS NOT NULL AND status = 'ready'`,
            [taskId],
          )
        )[0],
      { timeoutMs: 10_000, describe: 'a step rejected by a worker' },
    );
  /** Simulates that the first worker rejected the step `wait` ago, with no delay remaining. */
  const age = (taskId: string, wait: string) =>
    fleet.sql(
      `UPDATE step SET refused_since = now() - $2::interval, available_at = now() WHERE task_id = $1 AND refused_by IS NOT NULL`,
      [taskId, wait],
    );
  const newer: FindPipeline = (type, version = 1) =>
    type === 'article' && (version === 1 || version === 99) ? aPipeline({ version }) : undefined;

  it('hands an unknown pipeline version back to a newer worker without counting a failure', async () => {
    const old = await fleet.startWorker({ execute });
    const ahead = await fleet.submit({ enqueueImmediately: false, pipelineVersion: 99 });
    expect(await refusedStep(ahead.id)).toMatchObject({ failures: 0, first_started_at: null });
    // It continues with known versions.
    expect(await endOf((await fleet.submit({ enqueueImmediately: false })).id)).toBe('completed');
    await fleet.startWorker({ execute, findPipeline: newer });
    await old.terminate();
    expect(await endOf(ahead.id)).toBe('completed');
    expect(await deadLetters(ahead.id)).toEqual([]);
    expect(await fleet.sql(`SELECT failures, losses FROM step WHERE task_id = $1`, [ahead.id])).toEqual([
      { failures: 0, losses: 0 },
    ]);
  });

  it('loses no tasks while old and new workers serve one queue', async () => {
    await fleet.startWorker({ execute });
    const tasks = await Promise.all(
      Array.from({ length: 12 }, (_, n) =>
        fleet.submit({ enqueueImmediately: false, pipelineVersion: n % 2 === 0 ? 99 : 1 }),
      ),
    );
    for (const { id } of tasks.filter((_, n) => n % 2 === 0)) await refusedStep(id);
    await fleet.startWorker({ execute, findPipeline: newer });
    for (const { id } of tasks) expect(await endOf(id)).toBe('completed');
    expect(await fleet.sql(`SELECT 1 FROM dead_letter`)).toEqual([]);
  });

  it('moves it to the dead letters only after ten minutes and after every live worker of the pool has rejected it', async () => {
    await fleet.startWorker({ execute });
    const ahead = await fleet.submit({ enqueueImmediately: false, pipelineVersion: 99 });
    await refusedStep(ahead.id);
    // A live worker of the pool that has not received it: it may be a newer one.
    const unseen = await fleet.addSession();
    await age(ahead.id, '11 min');
    await until(async () => (await fleet.sql(`SELECT 1 FROM attempt WHERE task_id = $1`, [ahead.id])).length >= 2);
    await refusedStep(ahead.id);
    expect(await deadLetters(ahead.id)).toEqual([]);
    await fleet.sql(`DELETE FROM worker_session WHERE id = $1`, [unseen]);
    await age(ahead.id, '11 min');
    expect(await endOf(ahead.id)).toBe('failed');
    expect(await deadLetters(ahead.id)).toMatchObject([
      {
        error_code: 'PIPELINE_UNKNOWN',
        message: expect.stringMatching(
          /article version 99; every live worker of write\.interactive has refused the step for 10 minutes: deploy/,
        ) as string,
      },
    ]);
  });

  it('hands an unknown agent back to a worker that has it', async () => {
    const money = createMoneyStore(fleet.database);
    const withoutDraft = createExecuteAttempt({
      gateway: { bind: () => ({ takeReusedReplies: () => [] }) } as unknown as Gateway,
      meter: createSpendMeter(),
      findAgent: (name) => (name === 'draft' ? undefined : findAgent(name)),
      money,
      fetchPage: () => Promise.reject(new Error('not here')),
      pages: createPageParser(),
      clock: systemClock,
      log: silentLogger(),
    });
    const old = await fleet.startWorker({ execute: withoutDraft });
    const task = await fleet.submit({
      enqueueImmediately: false,
      steps: [aStep({ key: 'draft-1', agent: 'draft', queue: 'draft.interactive' })],
    });
    expect(await refusedStep(task.id)).toMatchObject({ failures: 0 });
    expect(await old.terminate()).toBe(0);
    await fleet.startWorker({ execute });
    expect(await endOf(task.id)).toBe('completed');
  });

  it('claims nothing from queues outside its pool', async () => {
    const seen: string[] = [];
    await fleet.startWorker({
      queues: ['research.interactive', 'write.interactive'],
      execute: (attempt) => {
        seen.push(attempt.queue);
        return execute(attempt, {
          sessionId: '',
          signal: new AbortController().signal,
          deadlineAtMs: 0,
          isRerun: false,
        });
      },
    });
    const [research, draft] = aChain('research', 'draft');
    if (!research || !draft) throw new Error('a chain of two');
    const steps = [
      { ...research, agent: 'research' as const, queue: 'research.interactive' },
      { ...draft, agent: 'draft' as const, queue: 'draft.interactive' },
    ];
    const task = await fleet.submit({ enqueueImmediately: false, steps });
    await until(async () => {
      const rows = await fleet.sql(`SELECT 1 FROM step WHERE task_id = $1 AND key = 'draft' AND status = 'queued'`, [
        task.id,
      ]);
      return rows.length === 1;
    });
    expect(await endOf((await fleet.submit({ enqueueImmediately: false })).id)).toBe('completed');
    expect(seen).toEqual(['research.interactive', 'write.interactive']);
  });

  it('completes, counts and stores a malformed job, and continues', async () => {
    const worker = await fleet.startWorker({ execute });
    const backend = fleet.openBackend();
    const queue = backend.openQueue('write.interactive');
    await queue.add(
      'step',
      { taskId: 'not an id', note: 'from another version' },
      { priority: 1, removeOnComplete: true },
    );
    const deadLetter = await until(
      async () => (await fleet.sql(`SELECT error_code, agent, state FROM dead_letter WHERE task_id IS NULL`))[0],
    );
    expect(deadLetter).toEqual({ error_code: 'JOB_MALFORMED', agent: 'write', state: 'open' });
    expect((await worker.metrics.serve()).text).toContain(
      'pressroom_queue_jobs_malformed_total{queue="write.interactive"} 1',
    );
    await until(async () => Object.values(await queue.getJobCounts()).every((count) => count === 0));
    expect(await endOf((await fleet.submit({ enqueueImmediately: false })).id)).toBe('completed');
    await queue.close();
    await backend.close();
  });

  it('processes ten megabytes of results without storing any of them in the queue store', async () => {
    const MARK = 'a result that belongs in PostgreSQL';
    // Random, so that no store can compress it.
    const megabytes = MARK + randomBytes(1_000_000).toString('hex');
    const found = { largest: 0, holdsResult: false };
    const look = async (): Promise<void> => {
      const { bytes, text } = await readQueueStore(fleet, kind);
      found.largest = Math.max(found.largest, bytes);
      found.holdsResult ||= text.includes(MARK);
    };
    await fleet.startWorker({
      // While a step runs, its job and those of its neighbours are in the queue store.
      execute: async (attempt) => {
        await look();
        return done({ step: attempt.key, text: megabytes });
      },
    });
    const keys = ['a', 'b', 'c', 'd', 'e'];
    const task = await fleet.submit({ enqueueImmediately: false, steps: aChain(...keys) });
    const others = await Promise.all(keys.map(() => fleet.submit({ enqueueImmediately: false })));
    expect(await endOf(task.id)).toBe('completed');
    for (const other of others) expect(await endOf(other.id)).toBe('completed');
    await look();

    const [stored] = await fleet.sql<{ bytes: number }>(
      `SELECT sum(length(body::text))::float8 AS bytes FROM artifact WHERE task_id = $1`,
      [task.id],
    );
    expect(stored?.bytes).toBeGreaterThan(10_000_000);
    expect(found.holdsResult).toBe(false);
    expect(found.largest).toBeGreaterThan(0);
    expect(found.largest).toBeLessThan(100_000);
  });
});

/** Everything that the queue store holds for this fleet. */
async function readQueueStore(fleet: TestFleet, kind: 'postgres' | 'redis'): Promise<{ bytes: number; text: string }> {
  if (kind === 'postgres') {
    const rows = await fleet.sql<{ row: string }>(`SELECT to_jsonb(j)::text AS row FROM bullmq.job j`);
    const text = rows.map(({ row }) => row).join('\n');
    return { bytes: text.length, text };
  }
  const client = new Redis(getTestRedis().url);
  try {
    const prefix = fleet.redisPrefix ?? '';
    const parts: string[] = [];
    for (const key of await client.keys(`${prefix.replaceAll(/[{}]/g, '\\$&')}:*`)) {
      // The key may have been deleted.
      const dumped = (await client.dumpBuffer(key)) as Buffer | null;
      parts.push(dumped?.toString('latin1') ?? '');
    }
    const text = parts.join('\n');
    return { bytes: text.length, text };
  } finally {
    client.disconnect();
  }
}
