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
  ])('refuse a %s with %j: all tasks need an explicit `all`', async (verb, body) => {
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

describe('bulk redrive and discard of dead letters', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.close());

  const post = (verb: string, json: Readonly<Record<string, unknown>>) => {
    const body = verb === 'discard' ? { ...json, reason: 'obsolete' } : json;
    return server.call(`/v1/dead-letters/${verb}`, { as: 'operate', method: 'POST', json: body });
  };
  const verbs = ['redrive', 'discard'];

  it.each(
    verbs.flatMap((verb) =>
      [{ filter: {} }, {}, { filter: { state: 'open' } }, { all: false }, { all: true, filter: { q: 'x' } }].map(
        (body) => [verb, body] as const,
      ),
    ),
  )('refuse a %s with %j: all dead letters need an explicit `all`', async (verb, body) => {
    const response = await post(verb, body);
    expect(response.status).toBe(400);
    expect(await response.text()).toMatch(/"path":"(filter|all)"/);
  });

  it.each(verbs)('name the way out when the filter of a %s is empty', async (verb) => {
    expect(await (await post(verb, { filter: {} })).text()).toContain('send \\"all\\": true without a filter');
  });

  it.each(verbs.flatMap((verb) => [{ all: true }, { filter: { q: 'x' } }].map((body) => [verb, body] as const)))(
    'accept a %s with %j, which is no part of what is stored',
    async (verb, body) => {
      expect((await post(verb, body)).status).toBe(202);
      expect(JSON.stringify(server.stores.deadLetters.asked.at(-1)?.args)).not.toContain('"all"');
    },
  );
});
