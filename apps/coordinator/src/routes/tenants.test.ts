import { findPipeline, type Pipeline } from '@pressroom/pipelines';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { DEFAULT_TENANT, OTHER_TENANT } from '../testing/fake-stores.ts';
import { startTestServer, type CallOptions, type TestServer } from '../testing/start-test-server.ts';

let server: TestServer;
beforeEach(async () => {
  server = await startTestServer();
  server.stores.control.addTenant(DEFAULT_TENANT, 'default');
  server.stores.control.addTenant(OTHER_TENANT, 'other');
});
afterEach(() => server.close());

const send = async (method: string, path: string, options: CallOptions = {}) => {
  const response = await server.call(`/v1${path}`, { method, as: 'admin', ...options });
  const text = await response.text();
  const body = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
  return { status: response.status, headers: response.headers, body };
};

describe('tenants', () => {
  it('are added with generous default limits', async () => {
    const { status, body, headers } = await send('POST', '/tenants', { json: { name: 'Acme' } });
    expect(status).toBe(201);
    expect(headers.get('location')).toBe(`/v1/tenants/${String(body['id'])}`);
    expect(body).toMatchObject({
      name: 'Acme',
      weight: 1,
      maxConcurrency: null,
      rateLimitPerMinute: null,
      maxBacklog: 10_000,
    });
  });

  it('change by what is named, and null takes a limit away', async () => {
    const path = `/tenants/${DEFAULT_TENANT}`;
    await send('PATCH', path, { json: { weight: 3, maxConcurrency: 8 } });
    const { body } = await send('PATCH', path, { json: { maxConcurrency: null } });
    expect(body).toMatchObject({ weight: 3, maxConcurrency: null, name: 'default' });
  });

  it.each([
    [{ weight: 0 }, 'weight'],
    [{ maxConcurrency: 0 }, 'maxConcurrency'],
    [{ rateLimitPerMinute: 1.5 }, 'rateLimitPerMinute'],
    [{ maxBacklog: -1 }, 'maxBacklog'],
    [{ maxBacklog: 0 }, 'maxBacklog'],
    [{ plan: 'gold' }, 'plan'],
    [{}, ''],
  ])('refuse the change %j', async (json, path) => {
    const { status, body } = await send('PATCH', `/tenants/${DEFAULT_TENANT}`, { json });
    expect(status).toBe(400);
    expect(body['errors']).toContainEqual(expect.objectContaining({ path }));
  });

  it('keep their names apart', async () => {
    expect(await send('POST', '/tenants', { json: { name: 'other' } })).toMatchObject({ status: 409 });
    expect(await send('PATCH', `/tenants/${DEFAULT_TENANT}`, { json: { name: 'other' } })).toMatchObject({
      status: 409,
    });
  });

  it('show themselves to their own keys, and no other', async () => {
    expect(await send('GET', `/tenants/${DEFAULT_TENANT}`, { as: 'view' })).toMatchObject({ status: 200 });
    expect(await send('GET', `/tenants/${OTHER_TENANT}`, { as: 'view' })).toMatchObject({ status: 404 });
  });
});

describe('keys', () => {
  const path = `/tenants/${DEFAULT_TENANT}/keys`;

  it('show their secret once', async () => {
    const { status, body, headers } = await send('POST', path, { json: { role: 'submit' } });
    expect(status).toBe(201);
    expect(headers.get('cache-control')).toContain('no-store');
    expect(body).toMatchObject({ role: 'submit', expiresAt: null, secret: 'pr_secret' });
    const listed = await send('GET', path);
    expect(listed.body).toMatchObject({ items: [{ id: body['id'] }] });
    expect(JSON.stringify(listed.body)).not.toContain('pr_secret');
  });

  it('are ended, once', async () => {
    const { body } = await send('POST', path, { json: { role: 'view' } });
    const key = `${path}/${String(body['id'])}`;
    expect(await send('DELETE', key.replace(DEFAULT_TENANT, OTHER_TENANT))).toMatchObject({ status: 404 });
    expect(await send('DELETE', key)).toMatchObject({ status: 204 });
    expect(await send('DELETE', key)).toMatchObject({ status: 404 });
  });

  it.each([
    [{ role: 'admin' }, 'role'],
    [{ role: 'view', expiresAt: '2020-01-01T00:00:00Z' }, 'expiresAt'],
  ])('refuse %j', async (json, at) => {
    const { status, body } = await send('POST', path, { json });
    expect(status).toBe(400);
    expect(body['errors']).toEqual([expect.objectContaining({ path: at })]);
  });

  it('belong to tenants that exist', async () => {
    const nowhere = path.replace(DEFAULT_TENANT, '0190a000-0000-7000-8000-00000000dead');
    expect(await send('GET', nowhere)).toMatchObject({ status: 404 });
    expect(await send('POST', nowhere, { json: { role: 'view' } })).toMatchObject({ status: 404 });
  });
});

describe('keys of the installation', () => {
  it('are made for monitoring, and ended', async () => {
    const { status, body } = await send('POST', '/keys', { json: { role: 'monitor' } });
    expect(status).toBe(201);
    expect(body).toMatchObject({ role: 'monitor', secret: 'pr_secret' });
    expect((await send('GET', '/keys')).body).toMatchObject({ items: [{ id: body['id'], role: 'monitor' }] });
    expect(await send('DELETE', `/keys/${String(body['id'])}`)).toMatchObject({ status: 204 });
  });

  it('are no tenant’s', async () => {
    expect(await send('POST', '/keys', { json: { role: 'submit' } })).toMatchObject({ status: 400 });
  });
});

describe('queues', () => {
  it('are paused and resumed', async () => {
    expect(await send('POST', '/queues/draft.batch/pause')).toMatchObject({
      status: 200,
      body: { name: 'draft.batch', paused: true, changedBy: 'admin' },
    });
    expect(server.stores.control.paused).toEqual(new Set(['draft.batch']));
    expect(await send('POST', '/queues/draft.batch/resume')).toMatchObject({ body: { paused: false } });
  });

  it('must exist', async () => {
    expect(await send('POST', '/queues/drafts/pause')).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
  });
});

describe('admission', () => {
  it('answers 429 with the time to wait when a tenant submits too fast', async () => {
    server.stores.state.rateLimited = true;
    const json = { type: 'article', input: { topic: 'Lighthouses' } };
    const { status, headers, body } = await send('POST', '/tasks', { json });
    expect(status).toBe(429);
    expect(headers.get('retry-after')).toBe('1');
    expect(body).toMatchObject({
      code: 'RATE_LIMITED',
      limit: { name: 'rateLimitPerMinute', scope: 'tenant', value: 12 },
    });
    const bulk = await send('POST', '/tasks/bulk', { json: [json] });
    expect(bulk.body).toMatchObject({ rejected: 1, items: [{ status: 429, problem: { code: 'RATE_LIMITED' } }] });
  });

  it.each([
    ['a gate twice', { approvals: ['outline', 'outline'] }, 'approvals'],
    ['an hour that is more than a year ahead', { runAt: '2199-01-01T00:00:00Z' }, 'runAt'],
    ['an hour that is none', { runAt: 'tomorrow' }, 'runAt'],
  ])('refuses %s', async (_what, facts, path) => {
    const json = { type: 'article', input: { topic: 'Lighthouses' }, ...facts };
    const { status, body } = await send('POST', '/tasks', { json });
    expect(status).toBe(400);
    expect(body['errors']).toEqual([expect.objectContaining({ path })]);
  });

  it('refuses a gate that the task type does not have', async () => {
    const article = findPipeline('article');
    const ungated = article && { ...article, gates: { outline: article.gates?.outline } as Pipeline['gates'] & object };
    const narrow = await startTestServer({
      pipelines: { list: () => (ungated ? [ungated] : []), find: () => ungated },
    });
    const json = { type: 'article', input: { topic: 'Lighthouses' }, approvals: ['outline', 'final'] };
    const response = await narrow.call('/v1/tasks', { method: 'POST', json });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ errors: [{ path: 'approvals[1]' }] });
    await narrow.close();
  });
});
