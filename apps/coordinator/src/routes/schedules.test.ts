import type { ScheduleView } from '@pressroom/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { DEFAULT_TENANT, OTHER_TENANT } from '../testing/fake-stores.ts';
import { A_TASK, startTestServer, type CallOptions, type TestServer } from '../testing/start-test-server.ts';

let server: TestServer;
beforeEach(async () => {
  server = await startTestServer();
});
afterEach(() => server.close());

const A_SCHEDULE = { name: 'Monday digest', cron: '0 6 * * 1', timeZone: 'Europe/Berlin', task: A_TASK };

const send = async (method: string, path: string, options: CallOptions = {}) => {
  const response = await server.call(`/v1/schedules${path}`, { method, ...options });
  const text = await response.text();
  const body = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
  return { status: response.status, location: response.headers.get('location'), body };
};
const create = async (json: unknown = A_SCHEDULE, options: CallOptions = {}): Promise<ScheduleView> =>
  (await send('POST', '', { json, ...options })).body as unknown as ScheduleView;

describe('POST /v1/schedules', () => {
  it('makes a schedule of the key’s tenant', async () => {
    const { status, location, body } = await send('POST', '', { json: A_SCHEDULE, as: 'submit' });
    expect(status).toBe(201);
    expect(location).toBe(`/v1/schedules/${String(body['id'])}`);
    expect(body).toMatchObject({ ...A_SCHEDULE, tenantId: DEFAULT_TENANT, enabled: true, overlap: 'allow' });
  });

  it('keeps the task as it was sent, and parses it at each fire', async () => {
    expect((await create()).task).toEqual(A_TASK);
  });

  it.each([
    ['a task that is none', { ...A_SCHEDULE, task: undefined }, 'task'],
    [
      'an input its type does not take',
      { ...A_SCHEDULE, task: { type: 'article', input: { topic: '' } } },
      'task.input.topic',
    ],
    [
      'a task with an hour of its own',
      { ...A_SCHEDULE, task: { ...A_TASK, runAt: '2026-03-01T10:00:00Z' } },
      'task.runAt',
    ],
    ['a misspelt field', { ...A_SCHEDULE, crn: '* * * * *' }, 'crn'],
    ['a rule that is none', { ...A_SCHEDULE, cron: 'invalid' }, 'cron'],
    ['a name that is empty', { ...A_SCHEDULE, name: ' ' }, 'name'],
  ])('refuses %s and names the place', async (_what, json, path) => {
    const { status, body } = await send('POST', '', { json });
    expect(status).toBe(400);
    expect(body['errors']).toEqual(expect.arrayContaining([expect.objectContaining({ path })]));
  });

  it('names every fault at once: of the schedule, of when it fires and of its task', async () => {
    const json = {
      name: '',
      cron: 'invalid',
      timeZone: 'invalid',
      overlap: 'queue',
      task: { type: 'article', input: { topic: '', sections: 99 }, priority: 77, callbackUrl: 'https://a.example/' },
    };
    const { status, body } = await send('POST', '', { json });
    expect(status).toBe(400);
    expect((body['errors'] as { path: string }[]).map(({ path }) => path).sort()).toEqual([
      'cron',
      'name',
      'overlap',
      'task.callbackUrl',
      'task.input.sections',
      'task.input.topic',
      'task.priority',
      'timeZone',
    ]);
  });

  it('refuses a name that is taken', async () => {
    await create();
    expect(await send('POST', '', { json: A_SCHEDULE })).toMatchObject({ status: 409, body: { code: 'CONFLICT' } });
  });

  it('lets only an admin name another tenant', async () => {
    const json = { ...A_SCHEDULE, task: { ...A_TASK, tenantId: OTHER_TENANT } };
    expect(await send('POST', '', { json })).toMatchObject({ status: 403 });
    expect(await send('POST', '', { json, as: 'admin' })).toMatchObject({
      status: 201,
      body: { tenantId: OTHER_TENANT },
    });
  });
});

describe('a schedule', () => {
  it('is listed, shown and removed', async () => {
    const { id } = await create();
    expect((await send('GET', '')).body).toMatchObject({ items: [{ id }] });
    expect(await send('GET', `/${id}`)).toMatchObject({ status: 200, body: { id } });
    expect(await send('DELETE', `/${id}`)).toMatchObject({ status: 204 });
    expect(await send('GET', `/${id}`)).toMatchObject({ status: 404 });
  });

  it('is switched off and on', async () => {
    const { id } = await create();
    expect(await send('PATCH', `/${id}`, { json: { enabled: false } })).toMatchObject({ body: { enabled: false } });
    expect(await send('PATCH', `/${id}`, { json: { enabled: true } })).toMatchObject({ body: { enabled: true } });
  });

  it.each([
    [{}, ''],
    [{ task: { type: 'article', input: {} } }, 'task.input.topic'],
    [{ task: { ...A_TASK, tenantId: DEFAULT_TENANT } }, 'task.tenantId'],
    [{ overlap: 'queue' }, 'overlap'],
  ])('refuses the change %j', async (json, path) => {
    const { id } = await create();
    const { status, body } = await send('PATCH', `/${id}`, { json });
    expect(status).toBe(400);
    expect(body['errors']).toEqual([expect.objectContaining({ path })]);
  });

  it('does not exist for another tenant', async () => {
    const { id } = await create();
    const as = 'stranger';
    expect((await send('GET', '', { as })).body).toEqual({ items: [], nextCursor: null });
    for (const [method, json] of [['GET'], ['DELETE'], ['PATCH', { enabled: false }]] as const) {
      expect(await send(method, `/${id}`, { as, ...(json && { json }) })).toMatchObject({ status: 404 });
    }
    expect((await send('GET', `/${id}`)).status).toBe(200);
  });
});
