import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

import type { QueueName, StepJob } from '@pressroom/contracts';
import { newId, silentLogger } from '@pressroom/runtime';
import { until } from '@pressroom/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import {
  createConsumer,
  createProducer,
  createQueueAdmin,
  type Consumer,
  type ConsumerOptions,
  type MalformedJob,
  type QueueBackend,
  type QueueStoreConfig,
} from '../src/index.ts';
import { openBackend, STORES } from './stores.ts';

const QUEUE: QueueName = 'draft.batch';
const LOCKS = { lockDurationMs: 1_000, stalledIntervalMs: 250 };

const aJob = (attempt = 1): StepJob => ({ taskId: newId(), stepId: newId(), attempt });

/** A barrier at which a handler waits. */
function barrier() {
  let open: () => void = () => undefined;
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open };
}

describe.each(STORES)('queue on $kind', (store) => {
  beforeAll(() => store.setUp());
  afterAll(() => store.tearDown());

  const cleanUps: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  });

  const open = async (config: QueueStoreConfig = store.config()) => {
    const backend = openBackend(config);
    cleanUps.push(() => backend.close());
    await backend.prepare();
    const producer = createProducer({ backend, log: silentLogger() });
    cleanUps.push(() => producer.close());
    const add = (jobs: StepJob[], options: { queue?: QueueName; priority?: number; delayMs?: number } = {}) => {
      const { queue = QUEUE, priority = 1, ...rest } = options;
      return producer.add(
        queue,
        jobs.map((job) => ({ job, priority, ...rest })),
      );
    };
    return { backend, config, producer, add };
  };

  const consume = (
    backend: QueueBackend,
    options: Partial<ConsumerOptions> & Pick<ConsumerOptions, 'handler'>,
  ): Consumer => {
    const consumer = createConsumer({
      backend,
      queues: [QUEUE],
      concurrency: 4,
      locks: LOCKS,
      log: silentLogger(),
      ...options,
    });
    cleanUps.push(() => consumer.close());
    return consumer;
  };

  const collect = (backend: QueueBackend, options: Partial<ConsumerOptions> = {}) => {
    const seen: { job: StepJob; queue: QueueName }[] = [];
    const consumer = consume(backend, {
      ...options,
      handler: async (job, signal, queue) => {
        seen.push({ job, queue });
        await options.handler?.(job, signal, queue);
      },
    });
    return { seen, consumer, ids: () => seen.map(({ job }) => job.stepId) };
  };

  const countsOf = async (backend: QueueBackend, queue: QueueName = QUEUE) => {
    const admin = createQueueAdmin({ backend });
    try {
      return (await admin.counts([queue]))[0];
    } finally {
      await admin.close();
    }
  };

  describe.skipIf(!store.isAvailable)('delivery', () => {
    it('delivers every job once, with its ids, and keeps no completed job', async () => {
      const { backend, add } = await open();
      const jobs = Array.from({ length: 50 }, () => aJob());
      expect(await add(jobs)).toEqual({ added: jobs, failed: [] });
      const { seen } = collect(backend);
      await until(() => seen.length >= jobs.length);
      await until(async () => (await countsOf(backend))?.active === 0);
      expect(seen.map(({ job }) => job).toSorted((a, b) => (a.stepId < b.stepId ? -1 : 1))).toEqual(
        jobs.toSorted((a, b) => (a.stepId < b.stepId ? -1 : 1)),
      );
      expect(await countsOf(backend)).toEqual({ name: QUEUE, waiting: 0, active: 0, delayed: 0, paused: false });
    });

    it('wakes a waiting consumer immediately', async () => {
      const { backend, add } = await open();
      const { seen, consumer } = collect(backend);
      await until(() => consumer.isConsuming());
      const addedAtMs = performance.now();
      await add([aJob()]);
      await until(() => seen.length === 1, { everyMs: 2 });
      expect(performance.now() - addedAtMs).toBeLessThan(1_000);
    });

    it('delivers by priority, then in order of adding', async () => {
      const { backend, add } = await open();
      const [late, first, second, middle] = [aJob(), aJob(), aJob(), aJob()];
      await add([late], { priority: 9 });
      await add([first, second], { priority: 1 });
      await add([middle], { priority: 5 });
      const { ids, seen } = collect(backend, { concurrency: 1 });
      await until(() => seen.length === 4);
      expect(ids()).toEqual([first, second, middle, late].map(({ stepId }) => stepId));
    });

    it('raises a priority below 1, which would overtake all others', async () => {
      const { backend, add } = await open();
      const [normal, zero] = [aJob(), aJob()];
      await add([normal], { priority: 1 });
      await add([zero], { priority: 0 });
      const { ids, seen } = collect(backend, { concurrency: 1 });
      await until(() => seen.length === 2);
      expect(ids()).toEqual([normal.stepId, zero.stepId]);
    });

    it('delivers a delayed job when it is due, not before', async () => {
      const { backend, add } = await open();
      const { seen } = collect(backend);
      const addedAtMs = Date.now();
      await add([aJob()], { delayMs: 400 });
      expect(await countsOf(backend)).toMatchObject({ delayed: 1, waiting: 0 });
      await until(() => seen.length === 1, { everyMs: 5 });
      expect(Date.now() - addedAtMs).toBeGreaterThanOrEqual(400);
      expect(Date.now() - addedAtMs).toBeLessThan(2_000);
    });

    it('ignores an attempt that is already waiting, and accepts the next attempt of the same step', async () => {
      const { backend, add } = await open();
      const job = aJob(1);
      await add([job, job]);
      await add([job]);
      await add([{ ...job, attempt: 2 }]);
      expect((await countsOf(backend))?.waiting).toBe(2);
      const { seen } = collect(backend);
      await until(() => seen.length === 2);
      expect(seen.map(({ job: { attempt } }) => attempt).toSorted()).toEqual([1, 2]);
    });

    it('has one concurrency limit for all queues', async () => {
      const { backend, add } = await open();
      const queues: QueueName[] = ['research.interactive', 'outline.interactive', 'draft.batch', 'refine.batch'];
      for (const queue of queues) await add([aJob(), aJob(), aJob()], { queue });
      const { passed, open: release } = barrier();
      let atOnce = 0;
      let most = 0;
      const { seen, consumer } = collect(backend, {
        queues,
        concurrency: 3,
        handler: async () => {
          atOnce += 1;
          most = Math.max(most, atOnce);
          await passed;
          atOnce -= 1;
        },
      });
      await until(() => seen.length === 3);
      expect(consumer.active).toBe(3);
      // A job that cannot start here is not claimed here: another process could run it.
      const admin = createQueueAdmin({ backend });
      const counts = await admin.counts(queues);
      await admin.close();
      expect(counts.reduce((sum, { active }) => sum + active, 0)).toBe(3);
      release();
      await until(() => seen.length === 12);
      expect(most).toBe(3);
    });

    it('leaves jobs to an idle consumer while another is full', async () => {
      const { backend, config, add } = await open();
      const busy = barrier();
      const full = collect(backend, {
        queues: [QUEUE, 'draft.interactive'],
        concurrency: 1,
        handler: () => busy.passed,
      });
      await add([aJob()], { queue: 'draft.interactive' });
      await until(() => full.seen.length === 1);
      const other = await open(config);
      const idle = collect(other.backend, { concurrency: 1 });
      await add([aJob()]);
      await until(() => idle.seen.length === 1, { timeoutMs: 2_000 });
      expect(full.seen).toHaveLength(1);
      busy.open();
    });

    it('gives batch work its share under interactive load', async () => {
      const { backend, add } = await open();
      await add(
        Array.from({ length: 40 }, () => aJob()),
        { queue: 'draft.interactive' },
      );
      await add(
        Array.from({ length: 10 }, () => aJob()),
        { queue: 'draft.batch' },
      );
      const { seen } = collect(backend, { queues: ['draft.batch', 'draft.interactive'], concurrency: 1 });
      await until(() => seen.length === 50);
      const firstHalf = seen.slice(0, 25).map(({ queue }) => queue);
      const batch = firstHalf.filter((queue) => queue === 'draft.batch').length;
      expect(batch).toBeGreaterThanOrEqual(3);
      expect(batch).toBeLessThanOrEqual(8);
    });
  });

  describe.skipIf(!store.isAvailable)('failure', () => {
    it('completes a job whose handler throws, and reports the error', async () => {
      const { backend, add } = await open();
      const errors: unknown[] = [];
      const { seen } = collect(backend, {
        handler: () => Promise.reject(new Error('agent broke')),
        onError: (error, queue, job) => errors.push([error, queue, job.attempt]),
      });
      await add([aJob()]);
      await until(() => errors.length === 1);
      await until(async () => (await countsOf(backend))?.active === 0);
      expect(errors).toEqual([[new Error('agent broke'), QUEUE, 1]]);
      expect(seen).toHaveLength(1);
    });

    it.each([
      ['missing fields', { taskId: newId() }],
      ['an extra field', { ...aJob(), prompt: 'text' }],
      ['a wrong type', 'text'],
      ['nothing', null],
    ])('reports and completes a job with %s, and continues', async (_, data) => {
      const { backend, add } = await open();
      const malformed: MalformedJob[] = [];
      await store.addGarbage(backend, 'draft.batch', data);
      const { seen } = collect(backend, { onMalformed: (found) => malformed.push(found) });
      await until(() => malformed.length === 1);
      await add([aJob()]);
      await until(() => seen.length === 1);
      await until(async () => (await countsOf(backend))?.active === 0);
      expect(malformed).toHaveLength(1);
      expect(malformed[0]).toMatchObject({ queue: QUEUE });
    });

    it('redelivers the job of a killed consumer within seconds', async () => {
      const { backend, config, add } = await open();
      const job = aJob();
      await add([job]);
      const child = spawn(
        process.execPath,
        [
          new URL('./fixtures/hold-job.ts', import.meta.url).pathname,
          JSON.stringify({ store: config, queue: QUEUE, locks: LOCKS }),
        ],
        { stdio: ['ignore', 'pipe', 'inherit'] },
      );
      cleanUps.push(() => killed(child));
      const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
      expect(line).toBe(job.stepId);
      const { seen } = collect(backend);
      expect(seen).toEqual([]);
      await killed(child);
      await until(() => seen.length === 1, { timeoutMs: 5_000 });
      expect(seen[0]?.job).toEqual(job);
    });

    it('renews the lock of a long-running job', async () => {
      const { backend, add } = await open();
      const { passed, open: release } = barrier();
      const holder = collect(backend, { concurrency: 1, handler: () => passed });
      await add([aJob()]);
      await until(() => holder.seen.length === 1);
      const other = collect(backend, { concurrency: 1 });
      const twoLocksOverAtMs = Date.now() + 2 * LOCKS.lockDurationMs;
      await until(() => Date.now() > twoLocksOverAtMs);
      expect(other.seen).toEqual([]);
      release();
      await until(async () => (await countsOf(backend))?.active === 0);
    });

    it('continues after the store has lost all data', async () => {
      const { backend, config, add } = await open();
      const { seen, consumer } = collect(backend);
      await add([aJob()]);
      await until(() => seen.length === 1);
      await store.flush(config);
      const lost = aJob();
      // The first additions may find an incomplete schema; sweeps add again, too.
      await until(async () => (await add([lost])).failed.length === 0);
      await until(() => seen.some(({ job }) => job.stepId === lost.stepId), { timeoutMs: 15_000 });
      expect(consumer.isConsuming()).toBe(true);
    });

    it('ends a job without an error when the store was lost while it ran', async () => {
      const { backend, config, add } = await open();
      const { passed, open: release } = barrier();
      const { seen, consumer } = collect(backend, { handler: () => passed });
      await add([aJob()]);
      await until(() => seen.length === 1);
      await store.flush(config);
      release();
      await until(() => consumer.active === 0, { timeoutMs: 10_000 });
    });
  });

  describe.skipIf(!store.isAvailable)('control', () => {
    it('claims nothing while the consumer is paused, and continues when resumed', async () => {
      const { backend, add } = await open();
      const { seen, consumer } = collect(backend);
      await add([aJob()]);
      await until(() => seen.length === 1);
      consumer.pause();
      await add([aJob(), aJob()]);
      const other = collect(backend);
      await until(() => other.seen.length === 2);
      expect(seen).toHaveLength(1);
      await other.consumer.close();
      await add([aJob()]);
      consumer.resume();
      await until(() => seen.length === 2);
    });

    it('claims nothing from a queue that is paused in the store', async () => {
      const { backend, add } = await open();
      const admin = createQueueAdmin({ backend });
      cleanUps.push(() => admin.close());
      const { seen } = collect(backend, { queues: [QUEUE, 'draft.interactive'] });
      await admin.pause(QUEUE);
      await add([aJob()]);
      await add([aJob()], { queue: 'draft.interactive' });
      await until(() => seen.length === 1);
      expect(seen[0]?.queue).toBe('draft.interactive');
      expect((await admin.counts([QUEUE]))[0]).toMatchObject({ waiting: 1, paused: true });
      await admin.resume(QUEUE);
      await until(() => seen.length === 2);
    });

    it('waits for running jobs when drained, and claims no others', async () => {
      const { backend, add } = await open();
      const { passed, open: release } = barrier();
      const { seen, consumer } = collect(backend, { concurrency: 1, handler: () => passed });
      await add([aJob(), aJob()]);
      await until(() => seen.length === 1);
      const drained = consumer.drain(10_000);
      release();
      await expect(drained).resolves.toEqual({ aborted: 0, abandoned: 0 });
      expect(seen).toHaveLength(1);
      expect(await countsOf(backend)).toMatchObject({ waiting: 1, active: 0 });
    });

    it('aborts jobs still running at the deadline of a drain', async () => {
      const { backend, add } = await open();
      const { seen, consumer } = collect(backend, {
        handler: (_job, signal) =>
          new Promise((resolve) => {
            signal.addEventListener('abort', resolve);
          }),
      });
      await add([aJob()]);
      await until(() => seen.length === 1);
      await expect(consumer.drain(20)).resolves.toEqual({ aborted: 1, abandoned: 0 });
    });

    it('closes in time even when a handler never ends', async () => {
      const { backend, add } = await open();
      const { seen, consumer } = collect(backend, { handler: () => new Promise(() => undefined) });
      await add([aJob()]);
      await until(() => seen.length === 1);
      const startedAtMs = performance.now();
      await consumer.close();
      expect(performance.now() - startedAtMs).toBeLessThan(6_000);
    });

    it('continues running jobs and claims others after a restart', async () => {
      const { backend, add } = await open();
      const { passed, open: release } = barrier();
      const { seen, consumer } = collect(backend, { handler: () => passed });
      await add([aJob()]);
      await until(() => seen.length === 1);
      await consumer.restart();
      await add([aJob()]);
      await until(() => seen.length === 2);
      expect(consumer.isConsuming()).toBe(true);
      release();
      await until(async () => (await countsOf(backend))?.active === 0);
    });

    it('responds to a ping', async () => {
      const { backend } = await open();
      await expect(createQueueAdmin({ backend }).ping()).resolves.toBeUndefined();
    });

    it('removes a queue with its jobs', async () => {
      const { backend, add } = await open();
      await add([aJob(), aJob()]);
      const admin = createQueueAdmin({ backend });
      cleanUps.push(() => admin.close());
      await admin.pause(QUEUE);
      await admin.obliterate(QUEUE);
      expect((await admin.counts([QUEUE]))[0]).toMatchObject({ waiting: 0, paused: false });
    });

    it('can be prepared by many processes concurrently', async () => {
      const config = store.config();
      const backends = Array.from({ length: 4 }, () => openBackend(config));
      cleanUps.push(...backends.map((backend) => () => backend.close()));
      await expect(Promise.all(backends.map((backend) => backend.prepare()))).resolves.toHaveLength(4);
    });
  });

  describe.skipIf(!store.isAvailable)('slots for work other than jobs', () => {
    const never = new AbortController().signal;
    /** Work that ends when its signal aborts. */
    const untilStopped = (signal: AbortSignal) =>
      new Promise<void>((resolve) => {
        signal.addEventListener('abort', () => {
          resolve();
        });
      });

    it('count against the concurrency, and serve jobs again after their release', async () => {
      const { backend, add } = await open();
      const { passed, open: release } = barrier();
      const { seen, consumer } = collect(backend, { concurrency: 2, handler: () => passed });
      const slot = await consumer.waitForSlot('batch', never);
      await add([aJob(), aJob()]);
      await until(() => seen.length === 1);
      expect(consumer.takeSlots(5)).toEqual([]);
      // A job that cannot start here is not claimed here.
      expect(await countsOf(backend)).toMatchObject({ waiting: 1, active: 1 });
      expect(seen).toHaveLength(1);
      slot.release();
      await until(() => seen.length === 2);
      release();
    });

    it('are limited to the free ones', async () => {
      const { backend, add } = await open();
      const { passed, open: release } = barrier();
      const { seen, consumer } = collect(backend, { concurrency: 4, handler: () => passed });
      await add([aJob()]);
      await until(() => seen.length === 1);
      // The feed holds one briefly when it looks for a job.
      const slots = await until(() => {
        const taken = consumer.takeSlots(9);
        if (taken.length === 3) return taken;
        for (const slot of taken) slot.release();
        return undefined;
      });
      expect(consumer.takeSlots(1)).toEqual([]);
      for (const slot of slots) slot.release();
      await until(() => consumer.takeSlots(2).length === 2);
      release();
    });

    it('are held until their work ends', async () => {
      const { backend, add } = await open();
      const { seen, consumer } = collect(backend, { concurrency: 1 });
      const { passed, open: release } = barrier();
      const working = (await consumer.waitForSlot('batch', never)).run(() => passed);
      expect(consumer.active).toBe(1);
      await add([aJob()]);
      expect(await countsOf(backend)).toMatchObject({ waiting: 1, active: 0 });
      expect(seen).toEqual([]);
      release();
      await working;
      await until(() => seen.length === 1);
      await until(() => consumer.active === 0);
    });

    it('are not available while paused, nor after a drain', async () => {
      const { backend } = await open();
      const { consumer } = collect(backend);
      consumer.pause();
      expect(consumer.takeSlots(3)).toEqual([]);
      const cancel = new AbortController();
      const waiting = consumer.waitForSlot('batch', cancel.signal);
      cancel.abort(new Error('no slot in time'));
      await expect(waiting).rejects.toThrow('no slot in time');
      consumer.resume();
      await until(() => consumer.takeSlots(1).length === 1);
      await consumer.drain(0);
      consumer.resume();
      expect(consumer.takeSlots(3)).toEqual([]);
    });

    it('are granted to waiters in the order of their lanes', async () => {
      const { backend } = await open();
      const { consumer } = collect(backend, { concurrency: 1, laneShares: { interactive: 1, batch: 1 } });
      const held = await consumer.waitForSlot('batch', never);
      const order: string[] = [];
      const waiting = (['batch', 'interactive', 'batch'] as const).map(async (lane) => {
        const slot = await consumer.waitForSlot(lane, never);
        order.push(lane);
        slot.release();
      });
      // All of them wait at this point.
      await new Promise(setImmediate);
      held.release();
      await Promise.all(waiting);
      expect(order).toEqual(['interactive', 'batch', 'batch']);
    });

    it('are not granted to cancelled waiters', async () => {
      const { backend, add } = await open();
      const { seen, consumer } = collect(backend, { concurrency: 1 });
      const held = await consumer.waitForSlot('batch', never);
      const cancel = new AbortController();
      const waiting = consumer.waitForSlot('interactive', cancel.signal);
      cancel.abort(new Error('no slot in time'));
      await expect(waiting).rejects.toThrow('no slot in time');
      await expect(consumer.waitForSlot('interactive', cancel.signal)).rejects.toThrow('no slot in time');
      held.release();
      await add([aJob()]);
      await until(() => seen.length === 1);
    });

    it.each(['pause', 'drain'] as const)('are not granted to waiters after %s', async (how) => {
      const { backend } = await open();
      const { consumer } = collect(backend, { concurrency: 1 });
      const held = await consumer.waitForSlot('batch', never);
      const cancel = new AbortController();
      const waiting = consumer.waitForSlot('batch', cancel.signal);
      // It waits behind the held slot at this point.
      await new Promise(setImmediate);
      if (how === 'pause') consumer.pause();
      else await consumer.drain(0);
      held.release();
      await new Promise(setImmediate);
      cancel.abort(new Error('no slot in time'));
      await expect(waiting).rejects.toThrow('no slot in time');
    });

    it('delay a drain while work runs in them', async () => {
      const { backend, config } = await open();
      const busy = collect(backend).consumer;
      const { passed, open: release } = barrier();
      const working = (await busy.waitForSlot('batch', never)).run(() => passed);
      const idle = collect((await open(config)).backend).consumer;
      const ended: string[] = [];
      const drained = busy.drain(10_000).finally(() => ended.push('drain'));
      await idle.drain(10_000);
      expect(ended).toEqual([]);
      release();
      await working.finally(() => ended.push('work'));
      await expect(drained).resolves.toEqual({ aborted: 0, abandoned: 0 });
      expect(ended).toEqual(['work', 'drain']);
    });

    it('are aborted at the deadline of a drain', async () => {
      const { backend } = await open();
      const { consumer } = collect(backend);
      const stopping = (await consumer.waitForSlot('batch', never)).run(untilStopped);
      void (await consumer.waitForSlot('batch', never)).run(() => new Promise(() => undefined));
      await expect(consumer.drain(20)).resolves.toEqual({ aborted: 2, abandoned: 1 });
      await stopping;
      expect(consumer.active).toBe(1);
    });
  });
});

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}
