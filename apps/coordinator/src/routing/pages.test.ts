import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { RequestLimits } from '../core/request-limits.ts';
import { inertRouteTable } from '../testing/inert-route-table.ts';
import { A_TASK, startTestServer, type TestCaller, type TestServer } from '../testing/start-test-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ limits: RequestLimits.parse({ schedulesPerTenant: 5 }) });
});
afterAll(() => server.close());

interface Page {
  items: { id: string }[];
  nextCursor: string | null;
}
const page = async (path: string, as: TestCaller): Promise<Page> =>
  (await (await server.call(path, { as })).json()) as Page;
const schedule = (name: string) => ({ name, cron: '0 6 * * *', task: A_TASK });

describe('lists', () => {
  it('all have pages: a cursor, a limit and what comes next', () => {
    const withItems = inertRouteTable().filter(
      ({ method, operationId }) => method === 'GET' && operationId.startsWith('list'),
    );
    const unpaged = withItems.filter(({ query }) => {
      const parsed = query?.safeParse({ limit: '1', cursor: 'x' });
      return parsed?.success !== true;
    });
    // Task types are the installation's own few.
    expect(unpaged.map(({ operationId }) => operationId)).toEqual(['listTaskTypes']);
  });

  it('continue after the last item of a page, and refuse the cursor of another list or caller', async () => {
    for (let n = 0; n < 5; n += 1) {
      const response = await server.call('/v1/schedules', { method: 'POST', json: schedule(`s${n}`) });
      expect(response.status).toBe(201);
    }
    const first = await page('/v1/schedules?limit=2', 'operate');
    const second = await page(`/v1/schedules?limit=2&cursor=${first.nextCursor ?? ''}`, 'operate');
    const third = await page(`/v1/schedules?limit=2&cursor=${second.nextCursor ?? ''}`, 'operate');
    expect([first, second, third].map(({ items }) => items.length)).toEqual([2, 2, 1]);
    expect(third.nextCursor).toBeNull();
    for (const [path, as] of [
      ['/v1/schedules', 'stranger'],
      ['/v1/schedules', 'admin'],
      ['/v1/tenants', 'admin'],
      ['/v1/keys', 'admin'],
    ] as const) {
      const response = await server.call(`${path}?cursor=${first.nextCursor ?? ''}`, { as });
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ errors: [{ path: 'cursor' }] });
    }
  });

  it.each(['0', '201', '-1', '1e2', 'x', ''])('refuse limit=%s', async (limit) => {
    for (const path of ['/v1/schedules', '/v1/tenants', '/v1/keys']) {
      expect((await server.call(`${path}?limit=${limit}`, { as: 'admin' })).status).toBe(400);
    }
  });
});

describe('schedules', () => {
  it('of one tenant are as many as configured; the refusal names the limit and the way out', async () => {
    const response = await server.call('/v1/schedules', { method: 'POST', json: schedule('one too many') });
    expect(response.status).toBe(409);
    expect(await response.json()).toMatchObject({
      code: 'QUOTA_EXCEEDED',
      limit: { name: 'schedulesPerTenant', scope: 'tenant', value: 5 },
      detail: 'the tenant has 5 schedules, as many as it may: delete one first',
    });
  });
});
