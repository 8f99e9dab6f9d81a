import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { inertRouteTable } from '../testing/inert-route-table.ts';
import { startTestServer, type TestCaller, type TestServer } from '../testing/start-test-server.ts';
import type { Role } from './route.ts';

const ROLE_NAMES = ['admin', 'monitor', 'submit', 'operate', 'view'] as const satisfies readonly (Role & TestCaller)[];
const UNKNOWN_TASK = '0190a000-0000-7000-8000-00000000dead';

/** Who may call what, written out by hand: the route table must say the same. */
const EXPECTED: Readonly<Record<string, string>> = {
  'POST /v1/tasks': 'admin submit operate',
  'GET /v1/tasks': 'admin submit operate view',
  'POST /v1/tasks/bulk': 'admin submit operate',
  'GET /v1/tasks/:id': 'admin submit operate view',
  'DELETE /v1/tasks/:id': 'admin operate',
  'GET /v1/tasks/:id/result': 'admin submit operate view',
  'GET /v1/tasks/:id/steps': 'admin submit operate view',
  'GET /v1/tasks/:id/steps/:key/output': 'admin submit operate view',
  'GET /v1/tasks/:id/calls': 'admin submit operate view',
  'GET /v1/tasks/:id/events': 'admin submit operate view',
  'POST /v1/tasks/:id/cancel': 'admin operate',
  'POST /v1/tasks/:id/approve': 'admin operate',
  'POST /v1/tasks/:id/reject': 'admin operate',
  'POST /v1/tasks/:id/retry': 'admin operate',
  'GET /v1/dead-letters': 'admin submit operate view',
  'GET /v1/dead-letters/groups': 'admin submit operate view',
  'POST /v1/dead-letters/redrive': 'admin operate',
  'POST /v1/dead-letters/discard': 'admin operate',
  'GET /v1/dead-letters/:id': 'admin submit operate view',
  'POST /v1/dead-letters/:id/redrive': 'admin operate',
  'POST /v1/dead-letters/:id/discard': 'admin operate',
  'GET /v1/operations/:id': 'admin submit operate view',
  'POST /v1/operations/:id/abort': 'admin operate',
  'GET /v1/audit': 'admin operate',
  'GET /v1/alerts': 'admin submit operate view',
  'GET /v1/retention': 'admin',
  'POST /v1/tasks/cancel': 'admin operate',
  'POST /v1/tasks/retry': 'admin operate',
  'GET /v1/operations': 'admin submit operate view',
  'GET /v1/schedules': 'admin submit operate view',
  'POST /v1/schedules': 'admin submit operate',
  'GET /v1/schedules/:id': 'admin submit operate view',
  'PATCH /v1/schedules/:id': 'admin submit operate',
  'DELETE /v1/schedules/:id': 'admin submit operate',
  'GET /v1/tenants': 'admin',
  'POST /v1/tenants': 'admin',
  'GET /v1/tenants/:id': 'admin submit operate view',
  'PATCH /v1/tenants/:id': 'admin',
  'GET /v1/tenants/:id/keys': 'admin',
  'POST /v1/tenants/:id/keys': 'admin',
  'DELETE /v1/tenants/:id/keys/:keyId': 'admin',
  'GET /v1/keys': 'admin',
  'POST /v1/keys': 'admin',
  'DELETE /v1/keys/:keyId': 'admin',
  'POST /v1/queues/:name/pause': 'admin',
  'POST /v1/queues/:name/resume': 'admin',
  'GET /v1/task-types': 'admin monitor submit operate view',
  'GET /v1/fleet': 'admin monitor',
  'GET /v1/fleet/scaling': 'admin monitor',
  'GET /v1/fleet/scaling/:pool': 'admin monitor',
  'GET /metrics': 'admin monitor',
  'GET /healthz': 'public',
  'GET /readyz': 'public',
  'GET /openapi.json': 'public',
  'GET /docs': 'public',
  'GET /': 'public',
  'GET /assets/site.css': 'public',
  'GET /assets/home.js': 'public',
};

const TABLE = inertRouteTable();

describe('the route table', () => {
  it('gives each route the roles that are written down, and has no other route', () => {
    const actual = TABLE.map(({ method, path, roles }) => [
      `${method} ${path}`,
      roles === 'public' ? roles : ROLE_NAMES.filter((role) => roles.includes(role)).join(' '),
    ]);
    expect(Object.fromEntries(actual)).toEqual(EXPECTED);
  });
});

describe.each(TABLE.map((route) => ({ name: `${route.method} ${route.path}`, route })))('$name', ({ route }) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.close());

  const statusAs = async (as: TestCaller | null): Promise<number> => {
    const path = route.path.replace(':id', UNKNOWN_TASK).replace(':key', 'outline');
    const response = await server.call(path, { method: route.method, as });
    await response.body?.cancel();
    return response.status;
  };

  if (route.roles === 'public') {
    it('needs no key', async () => {
      expect(await statusAs(null)).toBe(200);
    });
    return;
  }

  const { roles } = route;
  it('answers 401 without a key', async () => {
    expect(await statusAs(null)).toBe(401);
  });

  it.each(ROLE_NAMES)('treats the role %s as its row says', async (role) => {
    const status = await statusAs(role);
    if (roles.includes(role)) expect([200, 404, 415]).toContain(status);
    else expect(status).toBe(403);
  });
});
