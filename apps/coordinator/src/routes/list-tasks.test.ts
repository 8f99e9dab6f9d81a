import { TaskPage } from '@pressroom/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { DEFAULT_TENANT, OTHER_TENANT } from '../testing/fake-stores.ts';
import { startTestServer, type TestCaller, type TestServer } from '../testing/start-test-server.ts';

let server: TestServer;
beforeEach(async () => {
  server = await startTestServer();
});
afterEach(() => server.close());

const list = async (query: string, as: TestCaller = 'view'): Promise<TaskPage> =>
  TaskPage.parse(await (await server.call(`/v1/tasks${query}`, { as })).json());

describe('GET /v1/tasks', () => {
  it('pages through all tasks, newest first, each once', async () => {
    const ids: string[] = [];
    for (let index = 0; index < 5; index += 1) ids.unshift(await server.submit());
    const seen: string[] = [];
    let query = '?limit=2';
    for (;;) {
      const { items, nextCursor } = await list(query);
      seen.push(...items.map(({ id }) => id));
      if (nextCursor === null) break;
      query = `?limit=2&cursor=${nextCursor}`;
    }
    expect(seen).toEqual(ids);
  });

  it('filters', async () => {
    const [kept] = [await server.submit(), await server.submit()];
    server.stores.finish(kept, 'completed');
    expect((await list('?status=completed')).items.map(({ id }) => id)).toEqual([kept]);
    expect((await list('?status=failed')).items).toEqual([]);
  });

  it('shows a tenant its own tasks, and an admin those of all or of one', async () => {
    const [mine, theirs] = [await server.submit('submit'), await server.submit('stranger')];
    const ids = async (query: string, as: TestCaller) => (await list(query, as)).items.map(({ id }) => id).sort();
    expect(await ids('', 'view')).toEqual([mine]);
    expect(await ids('', 'stranger')).toEqual([theirs]);
    expect(await ids('', 'admin')).toEqual([mine, theirs].sort());
    expect(await ids(`?tenantId=${OTHER_TENANT}`, 'admin')).toEqual([theirs]);
    expect(await ids(`?tenantId=${DEFAULT_TENANT}`, 'view')).toEqual([mine]);
    expect((await server.call(`/v1/tasks?tenantId=${OTHER_TENANT}`, { as: 'view' })).status).toBe(403);
  });

  it('refuses a cursor of another list', async () => {
    await server.submit();
    await server.submit();
    const { nextCursor } = await list('?limit=1');
    const response = await server.call(`/v1/tasks?limit=1&status=queued&cursor=${nextCursor ?? ''}`);
    expect(response.status).toBe(400);
  });

  it.each([
    ['limit=0', 'limit'],
    ['limit=201', 'limit'],
    ['limit=-1', 'limit'],
    ['limit=1.5', 'limit'],
    ['limit=ten', 'limit'],
    ['limit=', 'limit'],
    ['limit=5&limit=6', 'limit'],
    ['cursor=nonsense', 'cursor'],
    ['cursor=%00', 'cursor'],
    ['status=done', 'status'],
    ['lane=fast', 'lane'],
    ['type=No%20Type', 'type'],
    ['tag=%00', 'tag'],
    ['tag=', 'tag'],
    ['tenantId=acme', 'tenantId'],
    ['createdAfter=yesterday', 'createdAfter'],
    ['statsu=failed', 'statsu'],
    ['__proto__=x', '__proto__'],
    ['constructor=x', 'constructor'],
  ])('answers 400 for ?%s, naming %s', async (query, path) => {
    const response = await server.call(`/v1/tasks?${query}`);
    expect(response.status).toBe(400);
    const { code, errors } = (await response.json()) as { code: string; errors: { path: string }[] };
    expect(code).toBe('VALIDATION_FAILED');
    expect(errors.map((fault) => fault.path)).toEqual([path]);
  });
});
