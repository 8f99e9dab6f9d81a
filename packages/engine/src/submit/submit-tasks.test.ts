import { CreateTask, type StepJob } from '@pressroom/contracts';
import { StoreUnavailableError, type NewTask, type SubmitStore, type TaskByKey } from '@pressroom/db';
import { silentLogger } from '@pressroom/runtime';
import { aPipeline } from '@pressroom/testkit';
import { describe, expect, it } from 'vitest';

import { createSubmitter, type SubmitRequest } from './submit-tasks.ts';

const createdAt = new Date('2026-01-01T00:00:00Z');

function start(facts: { freeSlots?: number; capped?: boolean; isQueueStoreDown?: boolean } = {}) {
  const batches: (readonly NewTask[])[] = [];
  const byKey = new Map<string, TaskByKey>();
  const jobs: { job: StepJob; priority: number }[] = [];
  let dispatchRequests = 0;
  let freeSlots = facts.freeSlots ?? 100;
  const store: Pick<SubmitStore, 'submit' | 'findByIdempotencyKey'> = {
    submit(tasks) {
      batches.push(tasks);
      if (tasks.some((task) => task.metadata['poison'] !== undefined)) return Promise.reject(new Error('rejected'));
      if (tasks.some((task) => task.metadata['unavailable'] !== undefined))
        return Promise.reject(new StoreUnavailableError('unavailable'));
      const made = tasks.filter((task) => task.idempotencyKey === null || !byKey.has(task.idempotencyKey));
      for (const task of made) {
        if (task.idempotencyKey === null) continue;
        const { id, requestHash } = task;
        byKey.set(task.idempotencyKey, { id, status: 'completed', generation: 3, createdAt, requestHash });
      }
      return Promise.resolve(
        made.map(({ id, enqueueImmediately }) => ({
          id,
          createdAt,
          enqueueImmediately: enqueueImmediately && facts.capped !== true,
        })),
      );
    },
    findByIdempotencyKey: (_tenant, key) => Promise.resolve(byKey.get(key)),
  };
  const submit = createSubmitter({
    store,
    jobs: {
      add(_queue, added) {
        if (facts.isQueueStoreDown) return Promise.reject(new Error('queue store unavailable'));
        jobs.push(...added);
        return Promise.resolve();
      },
    },
    dispatcher: {
      requestDispatch: () => {
        dispatchRequests += 1;
      },
      reserveDirectSlot: () => {
        freeSlots -= 1;
        return freeSlots >= 0;
      },
      dispatchOnce: () => Promise.resolve(0),
      requeueStale: () => Promise.resolve(0),
      stop: () => Promise.resolve(),
    },
    findPipeline: (type) => (type === 'article' ? aPipeline({ defaultTimeoutMs: 1_234 }) : undefined),
    log: silentLogger(),
  });
  return { submit, batches, jobs, dispatchRequests: () => dispatchRequests };
}
const aRequest = (task: Record<string, unknown> = {}, idempotency?: SubmitRequest['idempotency']): SubmitRequest => ({
  tenantId: 'tenant-1',
  task: CreateTask.parse({ type: 'article', input: { topic: 'tests' }, ...task }),
  input: { topic: 'tests' },
  idempotency,
});

describe('submitting a task', () => {
  it('commits it with its plan and adds the job of its first step', async () => {
    const { submit, batches, jobs } = start();
    const answer = await submit(aRequest({ priority: 2 }));
    expect(answer).toMatchObject({ outcome: 'accepted', task: { status: 'queued', generation: 1, createdAt } });
    const [task] = batches[0] ?? [];
    expect(task).toMatchObject({ pipelineVersion: 1, timeoutMs: 1_234, enqueueImmediately: true, steps: [{}, {}, {}] });
    expect(jobs).toEqual([{ job: { taskId: task?.id, stepId: task?.steps[0]?.id, attempt: 1 }, priority: 22 }]);
  });

  it('commits concurrent submissions in one statement', async () => {
    const { submit, batches } = start();
    await Promise.all(Array.from({ length: 20 }, () => submit(aRequest())));
    expect(batches.map((batch) => batch.length)).toEqual([20]);
  });

  it.each([
    { title: 'no slot is free', facts: { freeSlots: 0 } },
    { title: 'its tenant has a cap', facts: { capped: true } },
  ])('leaves the first step to the dispatcher when $title', async ({ facts }) => {
    const { submit, jobs, dispatchRequests } = start(facts);
    await submit(aRequest());
    expect(jobs).toEqual([]);
    expect(dispatchRequests()).toBe(1);
  });

  it('adds no job for a task that is scheduled for later', async () => {
    const { submit, batches, jobs, dispatchRequests } = start();
    await submit(aRequest({ runAt: '2030-01-01T00:00:00Z' }));
    expect(batches[0]?.[0]).toMatchObject({ enqueueImmediately: false, runAt: '2030-01-01T00:00:00.000Z' });
    expect([jobs.length, dispatchRequests()]).toEqual([0, 0]);
  });

  it('is accepted while the queue store is unavailable', async () => {
    const { submit } = start({ isQueueStoreDown: true });
    expect(await submit(aRequest())).toMatchObject({ outcome: 'accepted' });
  });

  it('is rejected while the database is unavailable', async () => {
    const { submit } = start();
    await expect(submit(aRequest({ metadata: { unavailable: '' } }))).rejects.toThrow('unavailable');
  });

  it('is accepted although the database rejects a concurrent one', async () => {
    const { submit } = start();
    const answers = await Promise.allSettled([
      submit(aRequest()),
      submit(aRequest({ metadata: { poison: '' } })),
      submit(aRequest()),
    ]);
    expect(answers.map((answer) => answer.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('rejects a type without a pipeline', async () => {
    await expect(start().submit(aRequest({ type: 'novel' }))).rejects.toThrow(/no pipeline/);
  });

  describe('with an idempotency key', () => {
    it('repeats the first response to the same body, although the task has moved on', async () => {
      const { submit, jobs } = start();
      const first = await submit(aRequest({}, { key: 'k', bodyHash: 'h' }));
      const again = await submit(aRequest({}, { key: 'k', bodyHash: 'h' }));
      expect(again).toEqual({ ...first, outcome: 'replayed' });
      expect(jobs).toHaveLength(1);
    });

    it('rejects another body', async () => {
      const { submit } = start();
      await submit(aRequest({}, { key: 'k', bodyHash: 'h' }));
      expect(await submit(aRequest({}, { key: 'k', bodyHash: 'other' }))).toEqual({ outcome: 'conflict' });
    });
  });
});
