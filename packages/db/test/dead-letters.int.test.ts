import { newId } from '@pressroom/runtime';
import { openTestDatabase, type OpenTestDatabase } from '@pressroom/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import {
  createAlertStore,
  createAuditStore,
  createDeadLetterQueryStore,
  createDeadLetterStore,
  createOperationStore,
  createRetentionStore,
  CursorError,
  type DeadLetterSelection,
} from '../src/index.ts';

const OPERATOR = { keyId: 'key-1', role: 'operate' } as const;
const FIRST_PAGE = { cursor: undefined, limit: 50 };
const HOUR_MS = 3_600_000;

/** Items of every tenant. */
const ALL = { tenantId: null };

describe('dead letters', () => {
  let db: OpenTestDatabase;
  let queries: ReturnType<typeof createDeadLetterQueryStore>;
  let deadLetters: ReturnType<typeof createDeadLetterStore>;
  let operations: ReturnType<typeof createOperationStore>;
  const tenantId = newId();
  const strangerId = newId();

  beforeAll(async () => {
    db = await openTestDatabase();
    queries = createDeadLetterQueryStore(db.database);
    deadLetters = createDeadLetterStore(db.database);
    operations = createOperationStore(db.database);
  });
  afterAll(() => db.close());
  beforeEach(() => db.sql('TRUNCATE dead_letter, audit, alert, operation'));

  interface Facts {
    agent?: string;
    tenantId?: string | null;
    taskType?: string;
    errorCode?: string;
    message?: string;
    fingerprint?: string;
    stepKey?: string;
    state?: string;
    ageMs?: number;
    costNano?: number;
  }
  const add = async (facts: Facts = {}): Promise<string> => {
    const id = newId();
    await db.sql(
      `INSERT INTO dead_letter (id, task_id, step_id, step_key, agent, tenant_id, task_type, generation, error_code, message,
         fingerprint, attempts, payload, cost_nano, state, created_at, ended_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8, $9, $10, 1, '{"part":1}', $11, $12, now() - $13 * interval '1 ms',
         CASE WHEN $12 <> 'open' THEN now() - $13 * interval '1 ms' END)`,
      [
        id,
        newId(),
        newId(),
        facts.stepKey ?? 'draft-1',
        facts.agent ?? 'draft',
        facts.tenantId === undefined ? tenantId : facts.tenantId,
        facts.taskType ?? 'article',
        facts.errorCode ?? 'PROVIDER_REFUSED',
        facts.message ?? 'the provider refused',
        facts.fingerprint ?? 'aaaaaaaaaaaaaaaa',
        facts.costNano ?? 0,
        facts.state ?? 'open',
        facts.ageMs ?? 0,
      ],
    );
    return id;
  };
  const idsOf = async (selection: Partial<DeadLetterSelection>) =>
    (await queries.list({ tenantId, ...selection }, FIRST_PAGE)).items.map(({ id }) => id);

  describe('list', () => {
    it.each<[string, Partial<DeadLetterSelection>, Facts]>([
      ['agent', { agent: 'refine' }, { agent: 'refine' }],
      ['task type', { taskType: 'brief' }, { taskType: 'brief' }],
      ['error code', { errorCode: 'STEP_TIMED_OUT' }, { errorCode: 'STEP_TIMED_OUT' }],
      ['cause', { fingerprint: 'bbbbbbbbbbbbbbbb' }, { fingerprint: 'bbbbbbbbbbbbbbbb' }],
      ['state', { state: 'discarded' }, { state: 'discarded' }],
      ['text of the message', { q: 'quota exceeded' }, { message: 'the quota of March was exceeded' }],
      ['text of the code', { q: 'BUDGET_EXHAUSTED' }, { errorCode: 'BUDGET_EXHAUSTED' }],
      ['text of the step key', { q: 'draft-7' }, { stepKey: 'draft-7' }],
      ['a phrase', { q: '"hung up"' }, { message: 'the line was hung up' }],
      ['the first instant', { since: new Date(Date.now() + 60_000).toISOString() }, { ageMs: -2 * 60_000 }],
      ['the last instant', { until: new Date(Date.now() - HOUR_MS).toISOString() }, { ageMs: 2 * HOUR_MS }],
    ])('filters by %s', async (_title, selection, facts) => {
      await add({ message: 'up we hung' });
      const wanted = await add(facts);
      expect(await idsOf(selection)).toEqual([wanted]);
    });

    it('excludes matches of a negated search term', async () => {
      await add({ message: 'slow provider' });
      const wanted = await add({ message: 'slow network', errorCode: 'STEP_TIMED_OUT' });
      expect(await idsOf({ q: 'slow -provider' })).toEqual([wanted]);
    });

    it('accepts any text as a search', async () => {
      await add();
      for (const q of ["' OR 1=1", '(((', '!!!', ':*', '"', '\\']) expect(await idsOf({ q })).toEqual([]);
    });

    it('never returns those of another tenant, and those without a tenant only to administrators', async () => {
      const own = await add();
      const foreign = await add({ tenantId: strangerId });
      await deadLetters.recordUnreadableJob({
        queue: 'draft.batch',
        agent: 'draft',
        jobId: '7',
        excerpt: '{"nonsense":true}',
        bytes: 17,
        message: 'not a step job',
        fingerprint: 'cccccccccccccccc',
      });
      expect(await idsOf({})).toEqual([own]);
      const all = (await queries.list({ tenantId: null }, FIRST_PAGE)).items;
      expect(all.map(({ id }) => id)).toEqual(expect.arrayContaining([own, foreign]));
      expect(all.find(({ errorCode }) => errorCode === 'JOB_MALFORMED')).toMatchObject({
        taskId: null,
        stepId: null,
        tenantId: null,
        attempts: [],
        payload: { queue: 'draft.batch', jobId: '7', bytes: 17 },
      });
      expect(await queries.get(foreign, tenantId)).toBeUndefined();
    });

    it('pages through equal instants without gaps or repeats', async () => {
      const ids = new Set<string>();
      for (let index = 0; index < 7; index += 1) ids.add(await add());
      await db.sql('UPDATE dead_letter SET created_at = now()');
      const seen: string[] = [];
      for (let cursor: string | null | undefined; cursor !== null;) {
        const page = await queries.list({ tenantId }, { cursor, limit: 3 });
        seen.push(...page.items.map(({ id }) => id));
        cursor = page.nextCursor;
      }
      expect(seen).toHaveLength(7);
      expect(new Set(seen)).toEqual(ids);
    });

    it('rejects an invalid cursor', async () => {
      await expect(queries.list({ tenantId }, { cursor: 'nonsense', limit: 5 })).rejects.toThrow(CursorError);
      await expect(queries.groups({ tenantId }, { cursor: 'nonsense', limit: 5 })).rejects.toThrow(CursorError);
    });
  });

  describe('groups', () => {
    it('counts by cause, the most frequent first, with the newest message', async () => {
      await add({ fingerprint: 'bbbbbbbbbbbbbbbb', message: 'older', ageMs: HOUR_MS, costNano: 5, agent: 'draft' });
      await add({ fingerprint: 'bbbbbbbbbbbbbbbb', message: 'newer', costNano: 7, agent: 'refine' });
      await add({ fingerprint: 'cccccccccccccccc' });
      await add({ fingerprint: 'cccccccccccccccc', tenantId: strangerId });
      await add({ fingerprint: 'cccccccccccccccc', state: 'redriven' });
      const { items } = await queries.groups({ tenantId, state: 'open' }, FIRST_PAGE);
      expect(items.map(({ fingerprint, count }) => [fingerprint, count])).toEqual([
        ['bbbbbbbbbbbbbbbb', 2],
        ['cccccccccccccccc', 1],
      ]);
      expect(items[0]).toMatchObject({
        sample: 'newer',
        agents: ['draft', 'refine'],
        costUsd: '0.000000012',
        errorCode: 'PROVIDER_REFUSED',
      });
      expect(Date.parse(items[0]?.lastAt ?? '') - Date.parse(items[0]?.firstAt ?? '')).toBeGreaterThanOrEqual(
        HOUR_MS - 5_000,
      );
    });

    it('pages through groups of equal size', async () => {
      const causes = ['1', '2', '3', '4', '5'].map((digit) => digit.repeat(16));
      for (const fingerprint of causes) await add({ fingerprint });
      const first = await queries.groups({ tenantId }, { cursor: undefined, limit: 3 });
      const second = await queries.groups({ tenantId }, { cursor: first.nextCursor ?? '', limit: 3 });
      expect([...first.items, ...second.items].map(({ fingerprint }) => fingerprint).sort()).toEqual(causes);
      expect(second.nextCursor).toBeNull();
    });
  });

  describe('discard', () => {
    it('closes an open one once, with reason and audit row', async () => {
      const id = await add();
      expect(await deadLetters.discard(id, tenantId, 'a known fault', OPERATOR)).toEqual({ outcome: 'discarded' });
      expect(await deadLetters.discard(id, tenantId, 'again', OPERATOR)).toEqual({
        outcome: 'already_ended',
        state: 'discarded',
      });
      expect((await queries.get(id, tenantId))?.view).toMatchObject({
        state: 'discarded',
        reason: 'a known fault',
        endedBy: OPERATOR.keyId,
      });
      const { items } = await createAuditStore(db.database).list({ tenantId }, FIRST_PAGE);
      expect(items).toMatchObject([
        { action: 'dead_letter.discard', target: { id }, data: { reason: 'a known fault' } },
      ]);
    });

    it('does not touch those of another tenant', async () => {
      const id = await add({ tenantId: strangerId });
      expect(await deadLetters.discard(id, tenantId, 'mine now', OPERATOR)).toEqual({ outcome: 'not_found' });
      expect((await queries.get(id, null))?.view.state).toBe('open');
    });

    it('counts a repeated batch once', async () => {
      const ids = [await add(), await add(), await add({ state: 'redriven' })];
      const operationId = newId();
      expect(await deadLetters.discardBatch(ids, 'r', OPERATOR, operationId)).toBe(2);
      expect(await deadLetters.discardBatch(ids, 'r', OPERATOR, operationId)).toBe(2);
    });
  });

  describe('retention', () => {
    const DAY_MS = 24 * HOUR_MS;
    const prune = async (limit: number): Promise<number> => {
      const store = createRetentionStore(db.database);
      const ended = await store.remove('dead_letter_ended', 30, limit);
      return ended + (await store.remove('dead_letter_open', 180, limit));
    };

    it('removes closed and open ones, each after its retention', async () => {
      const kept = [
        await add({ ageMs: 179 * DAY_MS }),
        await add({ ageMs: 29 * DAY_MS, state: 'redriven' }),
        await add({ ageMs: 29 * DAY_MS, state: 'discarded' }),
      ];
      await add({ ageMs: 181 * DAY_MS });
      await add({ ageMs: 31 * DAY_MS, state: 'redriven' });
      await add({ ageMs: 31 * DAY_MS, state: 'discarded' });
      expect(await prune(100)).toBe(3);
      expect((await idsOf({})).sort()).toEqual(kept.sort());
    });

    it('removes at most the given number at once', async () => {
      for (let index = 0; index < 5; index += 1) await add({ ageMs: 200 * DAY_MS });
      expect(await prune(3)).toBe(3);
      expect(await prune(3)).toBe(2);
    });
  });

  describe('growth', () => {
    it('compares a window with the previous one, by tenant', async () => {
      for (const ageMs of [0, 1_000, HOUR_MS + 1_000, 3 * HOUR_MS]) await add({ ageMs });
      await add({ tenantId: strangerId, ageMs: HOUR_MS + 1_000 });
      expect(await deadLetters.growth(HOUR_MS)).toEqual([{ tenantId, current: 2, previous: 1 }]);
    });

    it('returns the causes of a tenant, or of all', async () => {
      await add({ fingerprint: 'bbbbbbbbbbbbbbbb' });
      await add({ fingerprint: 'bbbbbbbbbbbbbbbb' });
      await add({ tenantId: strangerId });
      expect(await deadLetters.causes(HOUR_MS, tenantId, 3)).toEqual([
        { fingerprint: 'bbbbbbbbbbbbbbbb', errorCode: 'PROVIDER_REFUSED', count: 2 },
      ]);
      expect(await deadLetters.causes(HOUR_MS, undefined, 3)).toHaveLength(2);
    });
  });

  describe('alerts', () => {
    it('raises one per kind and tenant within the quiet period', async () => {
      const alerts = createAlertStore(db.database);
      const alert = { tenantId, kind: 'deadletter.growth', message: 'many', data: { current: 3 } };
      expect(await alerts.raise(alert, HOUR_MS)).toBe(true);
      expect(await alerts.raise(alert, HOUR_MS)).toBe(false);
      expect(await alerts.raise({ ...alert, tenantId: null }, HOUR_MS)).toBe(true);
      expect(await alerts.raise({ ...alert, tenantId: null }, HOUR_MS)).toBe(false);
      expect((await alerts.list(tenantId, FIRST_PAGE)).items).toMatchObject([
        { kind: 'deadletter.growth', data: { current: 3 } },
      ]);
      expect((await alerts.list(null, FIRST_PAGE)).items).toHaveLength(2);
      await db.sql(`UPDATE alert SET created_at = now() - interval '2 hours'`);
      expect(await alerts.raise(alert, HOUR_MS)).toBe(true);
    });
  });

  describe('operations', () => {
    const start = (facts: Partial<Parameters<typeof operations.create>[0]> = {}) =>
      operations.create({
        kind: 'dead_letter.discard',
        selection: { tenantId },
        options: { reason: 'known' },
        ratePerSecond: null,
        limit: null,
        dryRun: false,
        actor: OPERATOR,
        ...facts,
      });

    it('counts open matches up to its limit', async () => {
      await add();
      await add();
      await add({ state: 'redriven' });
      await add({ tenantId: strangerId });
      expect(await start()).toMatchObject({ matched: 2 });
      expect(await start({ limit: 1 })).toMatchObject({ matched: 1 });
      expect(await start({ selection: { tenantId, q: 'nothing says this' } })).toMatchObject({ matched: 0 });
    });

    it('only counts in a dry run, which ends at once', async () => {
      await add();
      const { operationId } = await start({ dryRun: true });
      expect(await operations.get(operationId, tenantId)).toMatchObject({
        status: 'done',
        dryRun: true,
        matched: 1,
        done: 0,
      });
      expect(await operations.running(10)).toEqual([]);
      expect((await createAuditStore(db.database).list({ tenantId }, FIRST_PAGE)).items).toEqual([]);
    });

    it('processes the oldest first, and ignores dead letters created after it', async () => {
      const [newer, older] = [await add({ ageMs: 1_000 }), await add({ ageMs: 2_000 })];
      await start();
      await add({ ageMs: -1_000 });
      const [operation] = await operations.running(10);
      if (!operation) throw new Error('not running');
      const items = await operations.nextItems(operation, ALL, 10);
      expect(items.map(({ id }) => id)).toEqual([older, newer]);
      const rest = await operations.nextItems({ ...operation, cursor: items[0]?.cursor ?? null }, ALL, 10);
      expect(rest.map(({ id }) => id)).toEqual([newer]);
    });

    it('counts a batch of one process only', async () => {
      await add();
      await start();
      const [operation] = await operations.running(10);
      const [item] = operation ? await operations.nextItems(operation, ALL, 1) : [];
      if (!operation || !item) throw new Error('nothing to do');
      const position = { cursor: item.cursor, deferred: {}, locked: [] };
      const progress = { done: 1, failed: 0, position, lastError: undefined };
      expect(await operations.advance(operation, progress)).toBe('running');
      expect(await operations.advance(operation, progress)).toBeUndefined();
      expect(await operations.get(operation.id, tenantId)).toMatchObject({ done: 1, failed: 0 });
    });

    it('is aborted once, by its tenant, and stays aborted', async () => {
      await add();
      const { operationId } = await start();
      expect(await operations.abort(operationId, strangerId, OPERATOR)).toBeUndefined();
      expect(await operations.abort(operationId, tenantId, OPERATOR)).toMatchObject({ status: 'aborted' });
      expect(await operations.abort(operationId, tenantId, OPERATOR)).toMatchObject({ status: 'aborted' });
      await operations.finish(operationId);
      expect(await operations.get(operationId, tenantId)).toMatchObject({ status: 'aborted' });
      const { items } = await createAuditStore(db.database).list({ tenantId, action: 'operation.abort' }, FIRST_PAGE);
      expect(items).toHaveLength(1);
    });

    it('removes ended ones after their retention', async () => {
      await start({ dryRun: true });
      await start();
      await db.sql(`UPDATE operation SET finished_at = now() - interval '31 days' WHERE finished_at IS NOT NULL`);
      expect(await createRetentionStore(db.database).remove('operation', 30, 100)).toBe(1);
    });
  });

  describe('audit', () => {
    it('is listed by tenant, action, key, target and time, newest first, in pages', async () => {
      const audit = createAuditStore(db.database);
      for (const action of ['task.cancel', 'task.retry', 'task.retry']) {
        await audit.record({ actor: OPERATOR, tenantId, action, target: { kind: 'task', id: newId() } });
      }
      await audit.record({
        actor: { keyId: 'key-2', role: 'admin' },
        tenantId: strangerId,
        action: 'task.cancel',
        target: { kind: 'task', id: 'x' },
      });
      const count = async (filter: Partial<Parameters<typeof audit.list>[0]>) =>
        (await audit.list({ tenantId: null, ...filter }, FIRST_PAGE)).items.length;
      expect(await count({ tenantId })).toBe(3);
      expect(await count({ action: 'task.cancel' })).toBe(2);
      expect(await count({ keyId: 'key-2' })).toBe(1);
      expect(await count({ targetId: 'x' })).toBe(1);
      expect(await count({ until: new Date(Date.now() - HOUR_MS) })).toBe(0);
      const first = await audit.list({ tenantId }, { cursor: undefined, limit: 2 });
      const second = await audit.list({ tenantId }, { cursor: first.nextCursor ?? '', limit: 2 });
      expect([...first.items, ...second.items].map(({ action }) => action)).toEqual([
        'task.retry',
        'task.retry',
        'task.cancel',
      ]);
    });
  });
});
