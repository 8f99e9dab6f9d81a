import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createClient, type ApiError } from '@pressroom/client';
import type { TaskView } from '@pressroom/contracts';
import { hasTestRedis, until } from '@pressroom/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { sampleSources } from './support/sources.ts';
import { startStack, type Backend, type Stack } from './support/start-stack.ts';
import { untilEnded } from './support/until-ended.ts';

const BACKENDS: Backend[] = hasTestRedis() ? ['postgres', 'redis'] : ['postgres'];
const anArticle = {
  type: 'article',
  input: { topic: 'How lighthouses changed', sources: sampleSources(), sections: 3, targetWords: 300 },
} as const;

interface Outline {
  title: string;
  leadWords: number;
  sections: { heading: string; purpose: string; points: string[]; noteIds: string[]; words: number }[];
}

const codeOf = (work: Promise<unknown>): Promise<string | undefined> =>
  work.then(
    () => undefined,
    (error: unknown) => (error as ApiError).code,
  );

describe.each(BACKENDS)('control of tasks, on %s', (backend) => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack({ backend, coordinators: 2, workers: 2 });
  });
  afterAll(() => stack.stop());

  const waitsAt = (id: string, gate: string): Promise<TaskView> =>
    until(
      async () => {
        const task = await stack.client.tasks.get(id);
        return task.awaiting?.gate === gate ? task : undefined;
      },
      { timeoutMs: 30_000, describe: `task ${id} at the gate ${gate}` },
    );
  const outlineOf = async (id: string) => (await stack.client.tasks.stepOutput(id, 'outline')) as Outline;

  it('writes the sections of the approved outline, and ends when the article is approved', async () => {
    const { id } = await stack.client.tasks.create({ ...anArticle, approvals: ['outline', 'final'] });
    await waitsAt(id, 'outline');
    expect((await stack.client.tasks.steps(id)).map(({ key, status }) => `${key} ${status}`)).toEqual([
      'research completed',
      'outline waiting',
      'refine pending',
    ]);
    const made = await outlineOf(id);
    const added = { heading: 'What keepers say', purpose: 'Voices.', points: ['One voice.'], noteIds: [], words: 60 };
    const sections = [added, ...made.sections.slice(0, 2).toReversed()];
    expect(await codeOf(stack.client.tasks.approve(id, { gate: 'outline', edits: { sections: [] } }))).toBe(
      'VALIDATION_FAILED',
    );
    const approved = await stack.client.tasks.approve(id, { gate: 'outline', edits: { sections } });
    expect(approved).toMatchObject({ status: 'running', version: 2 });
    expect(await codeOf(stack.client.tasks.approve(id, { gate: 'outline' }))).toBe('APPROVAL_NOT_PENDING');

    await waitsAt(id, 'final');
    expect(await outlineOf(id)).toEqual({ ...made, sections });
    await stack.client.tasks.approve(id, { gate: 'final', edits: { title: 'As the editor wants it' } });
    const task = await stack.client.tasks.get(id);
    expect(task).toMatchObject({ status: 'completed', generation: 1 });
    const result = await stack.client.tasks.result(id);
    expect(result.title).toBe('As the editor wants it');
    expect(result.sections.map(({ heading }) => heading)).toEqual(sections.map(({ heading }) => heading));
    const types: string[] = [];
    for await (const event of stack.client.tasks.events(id)) types.push(event.type);
    expect(types.filter((type) => type === 'task.awaiting_approval')).toHaveLength(2);
    expect(types.at(-1)).toBe('task.completed');
  });

  it('reruns a rejected outline with the reason in the prompt', async () => {
    const { id } = await stack.client.tasks.create({ ...anArticle, approvals: ['outline'] });
    await waitsAt(id, 'outline');
    const before = stack.provider.totals().all.calls;
    expect(await stack.client.tasks.reject(id, { gate: 'outline', reason: 'Begin with the keepers.' })).toMatchObject({
      status: 'running',
      rejections: 1,
    });
    await waitsAt(id, 'outline');
    expect(stack.provider.totals().all.calls).toBeGreaterThan(before);
    const [outline] = (await stack.client.tasks.steps(id)).filter(({ key }) => key === 'outline');
    expect(outline).toMatchObject({ status: 'waiting', attempt: 2 });
    await stack.client.tasks.cancel(id);
    expect(await stack.client.tasks.get(id)).toMatchObject({ status: 'cancelled' });
    expect(await codeOf(stack.client.tasks.approve(id, { gate: 'outline' }))).toBe('TASK_ALREADY_FINISHED');
  });

  it('starts a scheduled task at its time', async () => {
    const runAt = new Date(Date.now() + 4_000).toISOString();
    const { id } = await stack.client.tasks.create({ ...anArticle, runAt });
    const task = await untilEnded(stack, id);
    expect(task.status).toBe('completed');
    expect(Date.parse(task.startedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(runAt));
    expect(Date.parse(task.startedAt ?? '')).toBeLessThan(Date.parse(runAt) + 3_000);
  });

  it('starts no step of a paused queue, also after a flush of its store, until it is resumed', async () => {
    expect(await stack.client.queues.pause('outline.interactive')).toMatchObject({ paused: true });
    const { id } = await stack.client.tasks.create(anArticle);
    const researched = async () =>
      (await stack.client.tasks.steps(id)).some(({ key, status }) => key === 'research' && status === 'completed');
    await until(researched, { timeoutMs: 30_000 });
    if (backend === 'postgres') await stack.sql.query('DROP SCHEMA IF EXISTS bullmq CASCADE');
    const { queues } = await stack.client.fleet();
    expect(queues.find(({ name }) => name === 'outline.interactive')).toMatchObject({ paused: true, backlog: 1 });
    expect(queues.find(({ name }) => name === 'draft.interactive')).toMatchObject({ paused: false });
    const fourSecondsOfSweeps = Date.now() + 4_000;
    await until(() => Date.now() > fourSecondsOfSweeps, { timeoutMs: 10_000 });
    expect((await stack.client.tasks.steps(id)).find(({ key }) => key === 'outline')).toMatchObject({ attempt: 0 });
    await stack.client.queues.resume('outline.interactive');
    expect((await untilEnded(stack, id)).status).toBe('completed');
  });

  it('fires a schedule once, with its task, under any leader', async () => {
    const input = { topic: 'The week in lighthouses', sections: 1, targetWords: 120 };
    const schedule = await stack.client.schedules.create({
      name: 'digest',
      cron: '0 6 * * 1',
      timeZone: 'Europe/Berlin',
      task: { type: 'article', input, lane: 'batch', tags: ['digest'] },
    });
    expect(Date.parse(schedule.nextFireAt ?? '')).toBeGreaterThan(Date.now());
    // A fire missed long ago: only the latest one runs.
    await stack.sql.query(`UPDATE schedule SET next_fire_at = now() - interval '30 days' WHERE id = $1`, [schedule.id]);
    const fired = await until(
      async () => {
        const now = await stack.client.schedules.get(schedule.id);
        return now.lastFire === null ? undefined : now;
      },
      { timeoutMs: 10_000 },
    );
    expect(fired).toMatchObject({ lastFire: { outcome: 'submitted' }, error: null });
    expect(new Date(fired.lastFire?.at ?? '').getTime()).toBeGreaterThan(Date.now() - 8 * 86_400_000);
    expect(Date.parse(fired.nextFireAt ?? '')).toBeGreaterThan(Date.now());
    const { items } = await stack.client.tasks.list({ tag: 'digest' });
    expect(items.map(({ id }) => id)).toEqual([fired.lastFire?.taskId]);
    expect((await untilEnded(stack, items[0]?.id ?? '')).lane).toBe('batch');
    await stack.client.schedules.delete(schedule.id);
  });

  it('enforces a tenant’s backlog and rate, and changes both live', async () => {
    const tenant = await stack.client.tenants.create({ name: 'Small', maxBacklog: 2 });
    const key = await stack.client.tenants.createKey(tenant.id, { role: 'operate' });
    const theirs = createClient({ baseUrl: stack.url, apiKey: key.secret, maxRetries: 0 });
    const later = { ...anArticle, runAt: new Date(Date.now() + 3_600_000).toISOString() };
    const [first] = [await theirs.tasks.create(later), await theirs.tasks.create(later)];
    expect(await codeOf(theirs.tasks.create(later))).toBe('BACKLOG_FULL');
    const bulk = await theirs.tasks.createMany([later, later]);
    expect(bulk.items.map(({ status }) => status)).toEqual([429, 429]);
    await theirs.tasks.cancel(first.id);
    await until(async () => (await codeOf(theirs.tasks.create(later))) === undefined, { timeoutMs: 3_000 });
    await stack.client.tenants.update(tenant.id, { maxBacklog: 1_000, rateLimitPerMinute: 6 });
    await until(async () => (await codeOf(theirs.tasks.create(later))) === 'RATE_LIMITED', { timeoutMs: 5_000 });
    await stack.client.tenants.update(tenant.id, { rateLimitPerMinute: null });
    await until(async () => (await codeOf(theirs.tasks.create(later))) === undefined, { timeoutMs: 5_000 });
  });

  it('rejects a deleted key within a second on every coordinator', async () => {
    const tenant = await stack.client.tenants.create({ name: 'Gone' });
    const key = await stack.client.tenants.createKey(tenant.id, { role: 'view' });
    const other = /"url":"(http:[^"]+)"/.exec(stack.coordinators[1]?.output() ?? '')?.[1] ?? '';
    const clients = [stack.url, other].map((baseUrl) => createClient({ baseUrl, apiKey: key.secret, maxRetries: 0 }));
    for (const client of clients) expect((await client.tasks.list()).items).toEqual([]);
    await stack.client.tenants.deleteKey(tenant.id, key.id);
    const endedAt = performance.now();
    for (const client of clients) {
      await until(async () => (await codeOf(client.tasks.list())) === 'UNAUTHENTICATED', { timeoutMs: 2_000 });
    }
    expect(performance.now() - endedAt).toBeLessThan(1_300);
  });
});

describe('attempts in another process', () => {
  let stack: Stack;
  afterEach(() => stack.stop());

  const spending = () =>
    until(async () => (await stack.sql.query('SELECT 1 FROM reservation')).rows.length > 0, { timeoutMs: 30_000 });
  const aborted = async (): Promise<number> => {
    const from = performance.now();
    await until(() => stack.provider.calls().some((call) => call.clientAborted), { timeoutMs: 5_000, everyMs: 10 });
    return performance.now() - from;
  };

  it.each([
    ['its lease is lost', (taskId: string) => stack.sql.query('DELETE FROM worker_session').then(() => taskId)],
    [
      'the deadline of its task passes',
      (taskId: string) =>
        stack.sql.query('UPDATE task SET deadline_at = now() WHERE id = $1', [taskId]).then(() => taskId),
    ],
    ['its task is cancelled', (taskId: string) => stack.client.tasks.cancel(taskId).then(() => taskId)],
  ])('stop within a second once %s, down to the socket', async (_what, strike) => {
    stack = await startStack({ backend: 'postgres', coordinators: 1, workers: 2, provider: { latencyScale: 8 } });
    const { id } = await stack.client.tasks.create(anArticle);
    await spending();
    await strike(id);
    // One heartbeat and one sweep of half a second each, plus the abort.
    expect(await aborted()).toBeLessThan(1_500);
  });
});

describe('a provider that hangs', () => {
  const home = mkdtempSync(join(tmpdir(), 'pressroom-control-'));
  afterAll(() => {
    rmSync(home, { recursive: true });
  });

  it('costs each call its time-out and a retry, and leaves a partial article at the deadline', async () => {
    const config = join(home, 'pressroom.json');
    // Without breakers, which would stop the retries before the deadline.
    writeFileSync(
      config,
      JSON.stringify({ gateway: { firstEventTimeoutMs: 3_000, breaker: { minRequests: 10_000 } } }),
    );
    const stack = await startStack({
      backend: 'postgres',
      workers: 2,
      provider: { latencyScale: 0.3 },
      env: { PRESSROOM_CONFIG: config },
    });
    try {
      const { id } = await stack.client.tasks.create({ ...anArticle, timeoutMs: 16_000 });
      const from = performance.now();
      await until(
        async () =>
          (await stack.client.tasks.steps(id)).some(
            ({ key, status }) => /^draft-\d/.test(key) && status === 'completed',
          ),
        { timeoutMs: 15_000, everyMs: 10 },
      );
      stack.provider.addFaults({ effect: { kind: 'hang' } });
      const task = await untilEnded(stack, id, 40_000);
      expect(performance.now() - from).toBeLessThan(19_000);
      expect(task.status).toBe('partial');
      expect(task.limitations.map(({ code }) => code)).toContain('DEADLINE_REACHED');
      expect((await stack.client.tasks.result(id)).sections.length).toBeGreaterThan(0);
      const hung = (await stack.client.tasks.calls(id)).filter(({ status }) => status === 'uncertain');
      expect(hung.length).toBeGreaterThanOrEqual(2);
      for (const { latencyMs } of hung) expect(latencyMs).toBeLessThan(4_500);
      const { rows } = await stack.sql.query('SELECT count(*)::int AS n FROM reservation');
      expect(rows).toEqual([{ n: 0 }]);
    } finally {
      await stack.stop();
    }
  });
});
