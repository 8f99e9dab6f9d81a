import { ERROR_CODES, FleetView, ScalingView, TaskTypeList, type Problem } from '@pressroom/contracts';
import { listPipelines } from '@pressroom/pipelines';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { A_TASK, startTestServer, type TestServer } from '../testing/start-test-server.ts';

let server: TestServer;
beforeEach(async () => {
  server = await startTestServer();
});
afterEach(() => server.close());

describe('GET /healthz', () => {
  it('answers while every store is down', async () => {
    server.stores.state.mode = 'down';
    const response = await server.call('/healthz', { as: null });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ status: 'ok', version: '0.0.0-test' });
  });
});

describe('GET /readyz', () => {
  const readyz = () => server.call('/readyz', { as: null });

  it('lists what it checked', async () => {
    expect(await (await readyz()).json()).toEqual({
      status: 'ready',
      checks: [
        { name: 'database', ok: true },
        { name: 'queue', ok: true },
      ],
    });
  });

  it('says that the database is missing, but not where it lives', async () => {
    server.stores.state.databaseReady = false;
    const response = await readyz();
    expect(response.status).toBe(503);
    const problem = (await response.json()) as Problem;
    expect(problem).toMatchObject({
      code: 'UNAVAILABLE',
      detail: 'not ready: database',
      checks: [
        { name: 'database', ok: false },
        { name: 'queue', ok: true },
      ],
    });
    expect(JSON.stringify(problem)).not.toContain('10.0.0.9');
  });

  it('stays ready without the queue store, because tasks are still accepted, and says so', async () => {
    server.stores.state.queueReady = false;
    const response = await readyz();
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      status: 'degraded',
      checks: [
        { name: 'database', ok: true },
        { name: 'queue', ok: false },
      ],
    });
  });

  it.each(['down', 'hanging'] as const)('answers 503 when the check itself is %s', async (mode) => {
    server.stores.state.mode = mode;
    expect((await readyz()).status).toBe(503);
  });

  it('answers 503 while the process shuts down', async () => {
    const draining = await startTestServer({ isDraining: () => true });
    expect((await draining.call('/readyz', { as: null })).status).toBe(503);
    await draining.close();
  });
});

describe('GET /metrics', () => {
  it('counts requests by route template, never by path', async () => {
    const id = await server.submit();
    await server.call(`/v1/tasks/${id}`);
    await server.call('/nowhere/at/all');
    const response = await server.call('/metrics', { as: 'monitor' });
    expect(response.headers.get('content-type')).toContain('text/plain');
    const text = await response.text();
    expect(text).toContain('route="/v1/tasks/:id",status="200"');
    expect(text).toContain('route="unmatched",status="404"');
    expect(text).not.toContain(id);
    expect(text).not.toContain('nowhere');
  });
});

describe('GET /v1/fleet', () => {
  it('answers workers, queues and breakers', async () => {
    const response = await server.call('/v1/fleet', { as: 'monitor' });
    expect(FleetView.parse(await response.json())).toEqual({ workers: [], queues: [], breakers: [] });
  });
});

describe('GET /v1/fleet/scaling', () => {
  it('answers every pool with its reason', async () => {
    const response = await server.call('/v1/fleet/scaling', { as: 'monitor' });
    const { pools } = ScalingView.parse(await response.json());
    expect(pools).toMatchObject([{ pool: 'all', desiredReplicas: 1, reason: '3 interactive wait' }]);
  });

  it('answers one pool with nothing but a number', async () => {
    const response = await server.call('/v1/fleet/scaling/all', { as: 'monitor' });
    expect(await response.json()).toEqual({ desiredReplicas: 1 });
  });

  it.each(['unknown', 'draft.*%2Brefine.batch', 'All%20of%20it'])('knows no pool %s', async (pool) => {
    const response = await server.call(`/v1/fleet/scaling/${pool}`, { as: 'monitor' });
    expect(response.status).toBe(404);
  });

  it('is nothing for tenants', async () => {
    expect((await server.call('/v1/fleet/scaling', { as: 'operate' })).status).toBe(403);
    expect((await server.call('/v1/fleet/scaling/all', { as: 'submit' })).status).toBe(403);
  });
});

describe('GET /v1/task-types', () => {
  it('describes every type with a schema, limits and an example that is accepted', async () => {
    const list = TaskTypeList.parse(await (await server.call('/v1/task-types')).json());
    expect(list.items.map(({ type }) => type)).toEqual(listPipelines().map(({ type }) => type));
    expect(list.limits).toMatchObject({ bodyBytes: 2_097_152, bulkTasks: 1_000 });
    for (const { type, example, inputSchema } of list.items) {
      expect(inputSchema).toMatchObject({ type: 'object', additionalProperties: false });
      const response = await server.call('/v1/tasks', { method: 'POST', json: { type, input: example } });
      expect(response.status).toBe(202);
    }
  });
});

describe('the pages', () => {
  it.each([
    ['/', 'text/html'],
    ['/docs', 'text/html'],
    ['/assets/site.css', 'text/css'],
    ['/assets/home.js', 'text/javascript'],
    ['/openapi.json', 'application/json'],
  ])('serve %s without a key', async (path, type) => {
    const response = await server.call(path, { as: null });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe(`${type}; charset=utf-8`);
  });

  it('has an anchor for the `type` of every problem', async () => {
    const html = await (await server.call('/docs', { as: null })).text();
    expect(ERROR_CODES.filter((code) => !html.includes(`id="${code}"`))).toEqual([]);
  });

  it.each(['/', '/docs'])('hold nothing inline and name no other host: %s', async (path) => {
    const response = await server.call(path, { as: null });
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'; script-src 'self'");
    const html = await response.text();
    expect(html).not.toMatch(/<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)/);
    expect(html).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
  });

  it('link only to anchors that are there', async () => {
    const html = await (await server.call('/docs', { as: null })).text();
    const ids = new Set(Array.from(html.matchAll(/\bid="([^"]+)"/g), ([, id]) => id));
    const anchors = Array.from(html.matchAll(/href="#([^"]+)"/g), ([, anchor]) => anchor);
    expect(anchors.length).toBeGreaterThan(20);
    expect(anchors.filter((anchor) => !ids.has(anchor))).toEqual([]);
    expect(ids.has('createTask')).toBe(true);
  });
});

describe('GET /v1/retention', () => {
  const get = (query: string) => server.call(`/v1/retention${query}`, { as: 'admin' });

  it('passes on the settings to count with', async () => {
    expect((await get('?contentDays=90&taskDays=null&keyDays=0.5')).status).toBe(200);
    expect((await get('')).status).toBe(200);
    expect(server.stores.retentionChanges).toEqual([{ contentDays: 90, taskDays: null, keyDays: 0.5 }, {}]);
  });

  it.each([
    'contentDays=soon',
    'contentDays=-1',
    'contentDays=',
    'ledgerArchiveDir=%2Ftmp',
    'contentDays=1&contentDays=2',
  ])('refuses %s and names the setting', async (query) => {
    const response = await get(`?${query}`);
    expect(response.status).toBe(400);
    expect(((await response.json()) as Problem).errors?.[0]?.path).toBe(query.split('=')[0]);
  });
});

describe('a store that does not answer', () => {
  it.each(['down', 'hanging'] as const)('is answered with 503 and Retry-After when it is %s', async (mode) => {
    const id = await server.submit();
    server.stores.state.mode = mode;
    const requests = [
      server.call('/v1/tasks', { method: 'POST', json: A_TASK }),
      server.call('/v1/tasks'),
      server.call(`/v1/tasks/${id}`),
      server.call(`/v1/tasks/${id}/result`),
      server.call(`/v1/tasks/${id}/events`),
      server.call(`/v1/tasks/${id}/cancel`, { method: 'POST' }),
      server.call('/v1/fleet', { as: 'admin' }),
    ];
    for (const response of await Promise.all(requests)) {
      expect(response.status).toBe(503);
      expect(Number(response.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
      expect(((await response.json()) as Problem).code).toBe('UNAVAILABLE');
    }
  });
});
