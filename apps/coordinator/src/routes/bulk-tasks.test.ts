import { MAX_BULK_IDS } from '@pressroom/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startTestServer, type TestServer } from '../testing/start-test-server.ts';

describe('bulk cancel and retry of tasks', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.close());

  const post = (verb: string, json: unknown) =>
    server.call(`/v1/tasks/${verb}`, { as: 'operate', method: 'POST', json });
  const id = '01a1f8dc-1179-76c9-9926-2d6da9715c81';

  it.each([
    ['cancel', { filter: {} }],
    ['retry', { filter: {} }],
    ['cancel', {}],
    ['cancel', { all: false }],
    ['cancel', { all: true, filter: { status: 'queued' } }],
    ['cancel', { filter: { status: 'queued' }, ids: [id] }],
  ])('refuse a %s with %j: every task must be asked for by name', async (verb, body) => {
    const response = await post(verb, body);
    expect(response.status).toBe(400);
    expect(await response.text()).toMatch(/"path":"(filter|all)"/);
  });

  it('accept as many ids as the contract says, and no more', async () => {
    const ids = new Array<string>(MAX_BULK_IDS).fill(id);
    expect((await post('cancel', { ids })).status).toBe(202);
    expect((await post('cancel', { ids: [...ids, id] })).status).toBe(400);
  });

  it.each([{ all: true }, { filter: { status: 'queued' } }, { ids: [id] }])('accept %j', async (body) => {
    expect((await post('cancel', body)).status).toBe(202);
  });
});
