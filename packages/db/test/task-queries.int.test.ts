import { newId } from '@pressroom/runtime';
import {
  aChain,
  aLedgerEntry,
  aSettlement,
  aStep,
  openScene,
  openTestDatabase,
  type OpenTestDatabase,
  type Scene,
} from '@pressroom/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  createTaskQueryStore,
  CursorError,
  type StepAttempt,
  type Database,
  type TaskQueryStore,
} from '../src/index.ts';
import { everyPage, NO_PAGE, WHOLE } from './support/every-page.ts';

describe('task queries', () => {
  let db: OpenTestDatabase;
  let scene: Scene;
  let queries: TaskQueryStore;

  beforeAll(async () => {
    db = await openTestDatabase();
    scene = await openScene(db);
    queries = createTaskQueryStore(db.database);
  });
  afterAll(() => db.close());

  const pay = (attempt: StepAttempt, status: string, costNano: number, baselineNano: number, facts = {}) =>
    db.sql('SELECT write_ledger_entry($1::jsonb, $2, $3, $4)', [
      JSON.stringify(aLedgerEntry(attempt, facts)),
      status,
      costNano,
      baselineNano,
    ]);
  const finished = async (facts: Parameters<Scene['running']>[0] = {}) => {
    const running = await scene.running(facts);
    await scene.settle(running.sessionId, aSettlement(running.attempt));
    return running;
  };

  describe('another tenant’s task', () => {
    it.each([
      { name: 'get', ask: (id: string, tenant: string) => queries.get(id, tenant), absent: undefined },
      { name: 'steps', ask: (id: string, tenant: string) => queries.steps(id, tenant), absent: undefined },
      { name: 'calls', ask: (id: string, tenant: string) => queries.calls(id, tenant, WHOLE), absent: undefined },
      {
        name: 'stepOutput',
        ask: (id: string, tenant: string) => queries.stepOutput(id, tenant, 'write'),
        absent: undefined,
      },
      {
        name: 'resultMaterial',
        ask: (id: string, tenant: string) => queries.resultMaterial(id, tenant),
        absent: undefined,
      },
      {
        name: 'resultHeader',
        ask: (id: string, tenant: string) => queries.resultHeader(id, tenant),
        absent: undefined,
      },
      {
        name: 'deleteContent',
        ask: (id: string, tenant: string) => queries.deleteContent(id, tenant),
        absent: 'not_found',
      },
    ])('is absent to $name', async ({ ask, absent }) => {
      const { task } = await finished();
      expect(await ask(task.id, await scene.addTenant())).toBe(absent);
      expect(await ask(newId(), scene.tenantId)).toBe(absent);
      expect(await ask(task.id, scene.tenantId)).not.toBe(absent);
    });

    it('is not in the list', async () => {
      const tenantId = await scene.addTenant();
      await scene.submit();
      const mine = await scene.submit({ tenantId });
      const page = await queries.list({ tenantId }, { cursor: undefined, limit: 50 });
      expect(page.items.map((task) => task.id)).toEqual([mine.id]);
    });
  });

  describe('list', () => {
    const pageThrough = async (tenantId: string, between: () => Promise<unknown>) => {
      const ids: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await queries.list({ tenantId }, { cursor, limit: 3 });
        ids.push(...page.items.map((task) => task.id));
        cursor = page.nextCursor ?? undefined;
        await between();
      } while (cursor !== undefined);
      return ids;
    };

    it('pages newest first, each task once, during submissions', async () => {
      const tenantId = await scene.addTenant();
      const ids: string[] = [];
      for (let n = 0; n < 10; n += 1) ids.push((await scene.submit({ tenantId })).id);
      expect(await pageThrough(tenantId, () => scene.submit({ tenantId }))).toEqual(ids.toReversed());
    });

    it('pages tasks of the same millisecond without gaps', async () => {
      const tenantId = await scene.addTenant();
      for (let n = 0; n < 8; n += 1) await scene.submit({ tenantId });
      await db.sql(`UPDATE task SET created_at = '2026-01-01' WHERE tenant_id = $1`, [tenantId]);
      const ids = await pageThrough(tenantId, () => Promise.resolve());
      expect(new Set(ids).size).toBe(8);
    });

    it('rejects an invalid cursor', async () => {
      await expect(queries.list({ tenantId: null }, { cursor: 'nonsense', limit: 3 })).rejects.toBeInstanceOf(
        CursorError,
      );
    });

    it.each([
      { by: 'status', filter: { status: 'queued' as const } },
      { by: 'type', filter: { type: 'brief' } },
      { by: 'lane', filter: { lane: 'batch' as const } },
      { by: 'tag', filter: { tag: 'wanted' } },
      { by: 'createdAfter', filter: { createdAfter: new Date('2026-06-01') } },
    ])('filters by $by', async ({ filter }) => {
      const tenantId = await scene.addTenant();
      const wanted = await scene.submit({ tenantId, type: 'brief', lane: 'batch', tags: ['other', 'wanted'] });
      const other = await scene.submit({ tenantId, tags: ['other'] });
      await db.sql(`UPDATE task SET status = 'running', created_at = '2026-01-01' WHERE id = $1`, [other.id]);
      const page = await queries.list({ tenantId, ...filter }, { cursor: undefined, limit: 10 });
      expect(page.items.map((task) => task.id)).toEqual([wanted.id]);
    });

    it('omits the input, which may be megabytes', async () => {
      const tenantId = await scene.addTenant();
      await scene.submit({ tenantId, input: { topic: 'x' } });
      expect((await queries.list({ tenantId }, { cursor: undefined, limit: 1 })).items[0]?.input).toBeNull();
    });
  });

  describe('costs', () => {
    it('are the sum of the ledger, with reused replies in the baseline only', async () => {
      const { task, attempt } = await scene.running();
      await pay(attempt, 'ok', 1_000, 4_000);
      await pay(attempt, 'failed', 500, 500);
      await pay(attempt, 'avoided', 0, 700, { uncachedInput: 9_999, output: 9_999 });
      const expected = {
        usd: '0.000001500',
        baselineUsd: '0.000005200',
        savedUsd: '0.000003700',
        calls: 3,
        cachedCalls: 1,
        inputTokens: 200,
        outputTokens: 100,
      };
      expect((await queries.get(task.id, null))?.cost).toEqual(expected);
      expect((await queries.steps(task.id, null))?.[0]?.cost).toEqual(expected);
      expect(
        (await queries.list({ tenantId: scene.tenantId }, { cursor: undefined, limit: 1 })).items[0]?.cost,
      ).toEqual(expected);
      expect((await queries.calls(task.id, null, WHOLE))?.items).toHaveLength(3);
      const paged = await everyPage(async (page) => (await queries.calls(task.id, null, page)) ?? NO_PAGE, 1);
      expect(paged).toEqual((await queries.calls(task.id, null, WHOLE))?.items);
    });

    it('are zero, as numbers, for a task without calls and for one with reused replies only', async () => {
      const { task, attempt } = await scene.running();
      expect((await queries.get(task.id, null))?.cost).toMatchObject({ usd: '0.000000000', calls: 0, inputTokens: 0 });
      await pay(attempt, 'avoided', 0, 700);
      expect((await queries.get(task.id, null))?.cost).toMatchObject({
        cachedCalls: 1,
        inputTokens: 0,
        outputTokens: 0,
      });
    });

    it('are exact beyond the precision of a double', async () => {
      const { task, attempt } = await scene.running();
      await db.sql(`SELECT write_ledger_entry($1::jsonb, 'ok', 9007199254740993, 9007199254740993)`, [
        JSON.stringify(aLedgerEntry(attempt)),
      ]);
      expect((await queries.get(task.id, null))?.cost.usd).toBe('9007199.254740993');
    });
  });

  it('shows steps in plan order, keys in natural order', async () => {
    const { task } = await scene.running({
      steps: [
        ...aChain('research', 'outline').map((step, index) => (index === 1 ? { ...step, next: [] } : step)),
        aStep({ key: 'draft-10', deps: ['outline'] }),
        aStep({ key: 'draft-2', deps: ['outline'] }),
        aStep({ key: 'a-refine', deps: ['draft-2', 'draft-10'] }),
      ],
    });
    expect((await queries.steps(task.id, null))?.map((step) => step.key)).toEqual([
      'research',
      'outline',
      'draft-2',
      'draft-10',
      'a-refine',
    ]);
  });

  it('shows progress that reaches 100 only at the end', async () => {
    const { task, sessionId, attempt } = await scene.running({ steps: aChain('a', 'b') });
    await scene.settle(sessionId, aSettlement(attempt));
    expect((await queries.get(task.id, null))?.progress).toEqual({ stepsDone: 1, stepsTotal: 2, percent: 50 });
    const second = await scene.acquire(sessionId, task.steps[1]?.id ?? '');
    await scene.settle(sessionId, aSettlement(second));
    expect(await queries.get(task.id, null)).toMatchObject({ status: 'completed', progress: { percent: 100 } });
  });

  it('returns the newest version of an output', async () => {
    const { task, attempt } = await finished();
    await db.sql(
      `INSERT INTO artifact (id, task_id, step_id, step_key, generation, attempt, version, author, body)
       VALUES ($1, $2, $3, 'write', 1, 1, 2, 'editor', '{"text":"edited"}')`,
      [newId(), task.id, attempt.stepId],
    );
    expect(await queries.stepOutput(task.id, null, 'write')).toEqual({ text: 'edited' });
    expect(await queries.resultMaterial(task.id, null)).toMatchObject({ outputs: { write: { text: 'edited' } } });
    for (const key of ['nothing', 'constructor', 'toString', '__proto__'])
      expect(await queries.stepOutput(task.id, null, key)).toBeUndefined();
  });

  it('reads a result again when the task is retried between its row and its outputs', async () => {
    const { task } = await finished();
    let isRetried = false;
    const racing: Database = Object.create(db.database, {
      run: {
        value: async (...call: Parameters<Database['run']>) => {
          // Costs are read after the task's row and before its outputs.
          if (!isRetried) {
            isRetried = true;
            await db.sql(`UPDATE task SET generation = 2, status = 'running' WHERE id = $1`, [task.id]);
            await db.sql(`UPDATE step SET status = 'ready' WHERE task_id = $1`, [task.id]);
          }
          return db.database.run(...call);
        },
      },
    }) as Database;
    const material = await createTaskQueryStore(racing).resultMaterial(task.id, null);
    expect(isRetried).toBe(true);
    expect(material).toMatchObject({ generation: 2, status: 'running', outputs: {} });
  });

  describe('deleteContent', () => {
    it('removes input, outputs, replies and payloads, and keeps the ledger', async () => {
      const { task, attempt } = await finished({ steps: [aStep({ key: 'write', params: { secret: 1 } })] });
      await pay(attempt, 'ok', 1_000, 1_000);
      await db.sql(
        `INSERT INTO call (step_id, generation, path, request_hash, task_id, reply) VALUES ($1, 1, 'p', 'h', $2, '"reply"')`,
        [attempt.stepId, task.id],
      );
      await db.sql(
        `INSERT INTO dead_letter (id, task_id, step_id, step_key, agent, tenant_id, task_type, generation, error_code, message,
           fingerprint, attempts, payload) VALUES ($1, $2, $3, 'write', 'write', $4, 'article', 1, 'X', 'x', 'f', 1, '{"secret":1}')`,
        [newId(), task.id, attempt.stepId, scene.tenantId],
      );
      expect(await queries.deleteContent(task.id, scene.tenantId)).toBe('deleted');
      expect(await queries.get(task.id, null)).toMatchObject({
        input: null,
        status: 'completed',
        cost: { usd: '0.000001000' },
      });
      expect(await queries.resultMaterial(task.id, null)).toMatchObject({ outputs: {}, contentDeleted: true });
      expect(
        await db.sql(
          `SELECT (SELECT count(*) FROM artifact WHERE task_id = $1)::int AS artifacts,
             (SELECT count(*) FROM call WHERE task_id = $1)::int AS calls,
             (SELECT payload FROM dead_letter WHERE task_id = $1) AS payload,
             (SELECT params FROM step WHERE task_id = $1) AS params`,
          [task.id],
        ),
      ).toEqual([{ artifacts: 0, calls: 0, payload: {}, params: {} }]);
      expect(await queries.deleteContent(task.id, scene.tenantId)).toBe('deleted');
    });

    it('waits for the task to end', async () => {
      const { task } = await scene.running();
      expect(await queries.deleteContent(task.id, null)).toBe('not_finished');
      expect((await queries.get(task.id, null))?.input).toEqual({ topic: 'tests' });
    });
  });
});
