import {
  AlertPage,
  AuditPage,
  DeadLetterPage,
  DeadLetterView,
  OperationAccepted,
  OperationView,
  TaskRestarted,
  type Problem,
} from '@pressroom/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { RedriveOutcome } from '../ports.ts';
import { DEFAULT_TENANT, OTHER_TENANT } from '../testing/fake-stores.ts';
import { startTestServer, type CallOptions, type TestServer } from '../testing/start-test-server.ts';

let server: TestServer;
beforeEach(async () => {
  server = await startTestServer();
});
afterEach(() => server.close());

const problemOf = async (response: Response) => (await response.json()) as Problem;
const post = (path: string, json?: unknown, options: CallOptions = {}) =>
  server.call(path, { method: 'POST', ...(json !== undefined && { json }), ...options });
const addDeadLetter = () => server.stores.deadLetters.add(DEFAULT_TENANT);
const lastAsked = () => server.stores.deadLetters.asked.at(-1);

describe('GET /dead-letters', () => {
  it("lists the tenant's own, and the ones of the tenant that an administrator names", async () => {
    const own = addDeadLetter();
    const foreign = server.stores.deadLetters.add(OTHER_TENANT);
    const list = async (options: CallOptions, query = '') =>
      DeadLetterPage.parse(await (await server.call(`/v1/dead-letters${query}`, options)).json()).items.map(
        ({ id }) => id,
      );
    expect(await list({ as: 'view' })).toEqual([own]);
    expect(await list({ as: 'admin' })).toEqual([own, foreign]);
    expect(await list({ as: 'admin' }, `?tenantId=${OTHER_TENANT}`)).toEqual([foreign]);
  });

  it('hands every filter on', async () => {
    const query = new URLSearchParams({
      agent: 'draft',
      taskType: 'article',
      errorCode: 'STEP_TIMED_OUT',
      fingerprint: '0123456789abcdef',
      state: 'open',
      since: '2026-01-01T00:00:00Z',
      until: '2026-02-01T00:00:00Z',
      q: '"slow network" -provider',
      limit: '7',
    });
    expect((await server.call(`/v1/dead-letters?${query.toString()}`)).status).toBe(200);
    expect(lastAsked()).toEqual({
      what: 'list',
      args: [
        {
          tenantId: DEFAULT_TENANT,
          agent: 'draft',
          taskType: 'article',
          errorCode: 'STEP_TIMED_OUT',
          fingerprint: '0123456789abcdef',
          state: 'open',
          since: '2026-01-01T00:00:00.000Z',
          until: '2026-02-01T00:00:00.000Z',
          q: '"slow network" -provider',
        },
        { cursor: undefined, limit: 7 },
      ],
    });
  });

  it.each([
    ['state', 'state=closed'],
    ['fingerprint', 'fingerprint=xyz'],
    ['since', 'since=yesterday'],
    ['errorCode', 'errorCode=lower'],
    ['errorCode', 'errorCode=NOPE'],
    ['q', 'q=%00'],
    ['limit', 'limit=0'],
    ['nonsense', 'nonsense=1'],
    ['cursor', 'cursor=abc'],
  ])('names a wrong %s', async (path, query) => {
    for (const list of ['/v1/dead-letters', '/v1/dead-letters/groups']) {
      const response = await server.call(`${list}?${query}`);
      expect(response.status).toBe(400);
      expect((await problemOf(response)).errors?.map((fault) => fault.path)).toEqual([path]);
    }
  });

  it("refuses a tenant's key that names another tenant", async () => {
    const response = await server.call(`/v1/dead-letters?tenantId=${OTHER_TENANT}`, { as: 'view' });
    expect(response.status).toBe(403);
  });
});

describe('GET /dead-letters/{id}', () => {
  it('answers 404 for that of another tenant as for none', async () => {
    const id = addDeadLetter();
    expect(DeadLetterView.parse(await (await server.call(`/v1/dead-letters/${id}`, { as: 'view' })).json()).id).toBe(
      id,
    );
    for (const path of [id, crypto.randomUUID(), 'nonsense']) {
      const response = await server.call(`/v1/dead-letters/${path}`, { as: 'stranger' });
      expect(response.status).toBe(404);
      expect((await problemOf(response)).detail).toBe('no such dead letter');
    }
  });
});

describe('POST /dead-letters/{id}/redrive', () => {
  it('begins the next generation, with or without a body', async () => {
    const bare = await post(`/v1/dead-letters/${addDeadLetter()}/redrive`);
    expect(bare.status).toBe(202);
    expect(TaskRestarted.parse(await bare.json())).toMatchObject({
      status: 'queued',
      generation: 2,
      restarted: ['draft-2', 'refine'],
    });
    const changes = { patch: { part: 3, gone: null }, tier: 'T3', resetCalls: true };
    expect((await post(`/v1/dead-letters/${addDeadLetter()}/redrive`, changes)).status).toBe(202);
    expect(lastAsked()?.args.slice(1, 3)).toEqual([DEFAULT_TENANT, changes]);
  });

  it('answers 409 the second time', async () => {
    const id = addDeadLetter();
    await post(`/v1/dead-letters/${id}/redrive`);
    const response = await post(`/v1/dead-letters/${id}/redrive`);
    expect(response.status).toBe(409);
    expect(await problemOf(response)).toMatchObject({
      code: 'CONFLICT',
      detail: 'the dead letter was redriven already',
    });
  });

  it.each<[RedriveOutcome, number, RegExp]>([
    [{ outcome: 'not_finished', status: 'running' }, 409, /the task is running/],
    [{ outcome: 'content_deleted' }, 409, /content/],
    [{ outcome: 'no_step' }, 409, /unreadable job/],
    [{ outcome: 'unknown_step' }, 409, /not part of the task/],
    [
      { outcome: 'invalid_patch', issues: [{ path: ['input', 'sources', 0, 'url'], message: 'must be a URL' }] },
      400,
      /fault/,
    ],
  ])('answers %j with %i', async (outcome, status, detail) => {
    server.stores.deadLetters.state.redrive = outcome;
    const response = await post(`/v1/dead-letters/${addDeadLetter()}/redrive`, {});
    const problem = await problemOf(response);
    expect([response.status, problem.status]).toEqual([status, status]);
    expect(problem.detail).toMatch(detail);
    if (outcome.outcome === 'invalid_patch') {
      expect(problem.errors).toEqual([{ path: 'patch.input.sources[0].url', message: 'must be a URL' }]);
    }
  });

  it.each([[{ patch: [] }], [{ patch: 'x' }], [{ tier: 'T9' }], [{ nonsense: 1 }], [[]]])(
    'refuses the body %j',
    async (body) => {
      expect((await post(`/v1/dead-letters/${addDeadLetter()}/redrive`, body)).status).toBe(400);
    },
  );

  it('does not let a patch reach into prototypes', async () => {
    const response = await post(`/v1/dead-letters/${addDeadLetter()}/redrive`, undefined, {
      body: '{"patch":{"__proto__":{"admin":true}}}',
      headers: { 'Content-Type': 'application/json' },
    });
    expect(response.status).toBe(400);
  });
});

describe('POST /dead-letters/{id}/discard', () => {
  it('takes a reason and answers what was discarded, once', async () => {
    const id = addDeadLetter();
    const response = await post(`/v1/dead-letters/${id}/discard`, { reason: ' a known fault ' });
    expect(DeadLetterView.parse(await response.json())).toMatchObject({
      id,
      state: 'discarded',
      reason: 'a known fault',
    });
    expect((await post(`/v1/dead-letters/${id}/discard`, { reason: 'again' })).status).toBe(409);
  });

  it.each([[{}], [{ reason: '  ' }], [{ reason: 'x'.repeat(501) }], [{ reason: 'a\u0000b' }]])(
    'refuses %j',
    async (body) => {
      expect((await post(`/v1/dead-letters/${addDeadLetter()}/discard`, body)).status).toBe(400);
    },
  );
});

describe('bulk operations', () => {
  it.each([
    ['redrive', { filter: { fingerprint: '0123456789abcdef' }, ratePerSecond: 20, limit: 100, tier: 'T1' }],
    ['discard', { filter: { q: 'known', state: 'open' }, reason: 'repaired' }],
  ])('start with 202 and the address of the operation: %s', async (verb, body) => {
    addDeadLetter();
    const response = await post(`/v1/dead-letters/${verb}`, body);
    expect(response.status).toBe(202);
    const accepted = OperationAccepted.parse(await response.json());
    expect(accepted.matched).toBe(1);
    expect(response.headers.get('location')).toBe(`/v1/operations/${accepted.operationId}`);
    const operation = await server.call(`/v1/operations/${accepted.operationId}`, { as: 'view' });
    expect(OperationView.parse(await operation.json())).toMatchObject({
      kind: `dead_letter.${verb}`,
      status: 'running',
    });
    const aborted = await post(`/v1/operations/${accepted.operationId}/abort`);
    expect(OperationView.parse(await aborted.json()).status).toBe('aborted');
    for (const path of ['', '/abort']) {
      const options = { as: 'stranger', method: path === '' ? 'GET' : 'POST' } as const;
      const foreign = await server.call(`/v1/operations/${accepted.operationId}${path}`, options);
      expect(foreign.status).toBe(404);
    }
  });

  it('say that state is no condition of its own', async () => {
    const problem = await problemOf(
      await post('/v1/dead-letters/redrive', { filter: { state: 'open' }, dryRun: true }),
    );
    expect(problem.errors).toEqual([
      { path: 'filter', message: expect.stringContaining('at least one condition besides state') as string },
    ]);
  });

  it("concern the tenant's own whatever the filter says", async () => {
    await post('/v1/dead-letters/redrive', { all: true });
    expect(lastAsked()?.args[0]).toMatchObject({ selection: { tenantId: DEFAULT_TENANT }, dryRun: false });
    const foreign = await post('/v1/dead-letters/redrive', { filter: { tenantId: OTHER_TENANT } });
    expect(foreign.status).toBe(403);
    await post('/v1/dead-letters/redrive', { filter: { tenantId: OTHER_TENANT }, dryRun: true }, { as: 'admin' });
    expect(lastAsked()?.args[0]).toMatchObject({ selection: { tenantId: OTHER_TENANT }, dryRun: true });
  });

  it.each([
    ['redrive', {}, 'filter'],
    ['redrive', { filter: { state: 'redriven' } }, 'filter.state'],
    ['redrive', { filter: { q: 'x', colour: 'red' } }, 'filter.colour'],
    ['redrive', { filter: { ids: [] } }, 'filter.ids'],
    ['redrive', { all: true, ratePerSecond: 0 }, 'ratePerSecond'],
    ['redrive', { all: true, limit: 1.5 }, 'limit'],
    ['redrive', { all: true, reason: 'why' }, 'reason'],
    ['discard', { all: true }, 'reason'],
    ['discard', { all: true, reason: 'why', tier: 'T1' }, 'tier'],
  ])('refuse a %s with %j', async (verb, body, path) => {
    const response = await post(`/v1/dead-letters/${verb}`, body);
    expect(response.status).toBe(400);
    expect((await problemOf(response)).errors?.map((fault) => fault.path)).toEqual([path]);
  });
});

describe('audit and alerts', () => {
  it("show a tenant's keys what concerns the tenant", async () => {
    AuditPage.parse(await (await server.call('/v1/audit?action=task.cancel&since=2026-01-01T00:00:00Z')).json());
    expect(lastAsked()).toEqual({
      what: 'audit',
      args: [
        { tenantId: DEFAULT_TENANT, action: 'task.cancel', since: new Date('2026-01-01T00:00:00Z') },
        { cursor: undefined, limit: 50 },
      ],
    });
    AlertPage.parse(await (await server.call('/v1/alerts', { as: 'view' })).json());
    expect(lastAsked()).toEqual({ what: 'alerts', args: [DEFAULT_TENANT, { cursor: undefined, limit: 50 }] });
    await server.call('/v1/alerts', { as: 'admin' });
    expect(lastAsked()?.args[0]).toBeNull();
  });
});

describe('roles', () => {
  it.each(['view', 'submit', 'monitor'] as const)('let %s change nothing', async (as) => {
    const id = addDeadLetter();
    const calls: [string, unknown][] = [
      [`/v1/dead-letters/${id}/redrive`, {}],
      [`/v1/dead-letters/${id}/discard`, { reason: 'r' }],
      ['/v1/dead-letters/redrive', { all: true }],
      ['/v1/dead-letters/discard', { all: true, reason: 'r' }],
      [`/v1/operations/${id}/abort`, {}],
      [`/v1/tasks/${id}/retry`, {}],
    ];
    for (const [path, json] of calls) expect([path, (await post(path, json, { as })).status]).toEqual([path, 403]);
  });

  it.each(['/v1/dead-letters', '/v1/dead-letters/groups', '/v1/alerts'])(
    'let every role of a tenant read %s',
    async (path) => {
      for (const as of ['view', 'submit', 'operate', 'admin'] as const)
        expect((await server.call(path, { as })).status).toBe(200);
      expect((await server.call(path, { as: 'monitor' })).status).toBe(403);
    },
  );

  it('keep the audit to those who may act', async () => {
    for (const as of ['view', 'submit', 'monitor'] as const)
      expect((await server.call('/v1/audit', { as })).status).toBe(403);
  });
});

describe('POST /tasks/{id}/retry', () => {
  it('begins the next generation of a task that has ended, in the same stream of events', async () => {
    const id = await server.submit();
    server.stores.finish(id, 'failed');
    const response = await post(`/v1/tasks/${id}/retry`, { fromStep: 'draft-2' });
    expect(response.status).toBe(202);
    expect(TaskRestarted.parse(await response.json())).toEqual({
      id,
      status: 'queued',
      generation: 2,
      restarted: ['draft-2'],
      removed: [],
    });
    const events = await server.call(`/v1/tasks/${id}/events`, { headers: { 'Last-Event-ID': '2' } });
    expect(events.status).toBe(200);
    server.stores.finish(id, 'completed');
    const text = await events.text();
    expect(text).toContain('event: task.retried');
    expect(text).toContain('event: task.completed');
  });

  it.each<[string, (id: string) => void, unknown, number, string]>([
    ['runs', () => undefined, {}, 409, 'the task is queued'],
    [
      'has completed',
      (id) => {
        server.stores.finish(id, 'completed');
      },
      undefined,
      409,
      'every step completed',
    ],
    [
      'has no such step',
      (id) => {
        server.stores.finish(id, 'failed');
      },
      { fromStep: 'nowhere' },
      400,
      'fault',
    ],
    ['has no such step', () => undefined, { fromStep: '../x' }, 400, 'fault'],
  ])('is refused when the task %s', async (_title, arrange, body, status, detail) => {
    const id = await server.submit();
    arrange(id);
    const response = await post(`/v1/tasks/${id}/retry`, body);
    expect(response.status).toBe(status);
    expect((await problemOf(response)).detail).toContain(detail);
  });

  it('does not know the task of another tenant', async () => {
    const id = await server.submit();
    server.stores.finish(id, 'failed');
    expect((await post(`/v1/tasks/${id}/retry`, {}, { as: 'stranger' })).status).toBe(404);
  });
});
