import fc from 'fast-check';

import { createAccessStore } from '@pressroom/db';
import { sha256Hex } from '@pressroom/runtime';
import { openScene, openTestDatabase, type OpenTestDatabase, type Scene } from '@pressroom/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { ADMIN_KEY, startTestCoordinator, type TestCoordinator } from './support/start-coordinator.ts';

const TENANT_KEY = 'the-key-of-one-tenant';
const OTHER_KEY = 'the-key-of-another-tenant';
const A_TASK = {
  type: 'article',
  input: { topic: 'Lighthouses', sources: [{ title: 'Notes', text: 'A lighthouse is a tower with a light.' }] },
};

interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
}
interface Operation {
  path: string;
  parameters: Parameter[];
}

let db: OpenTestDatabase;
let scene: Scene;
let coordinator: TestCoordinator;

beforeAll(async () => {
  db = await openTestDatabase();
  scene = await openScene(db);
  coordinator = await startTestCoordinator(db.url);
  const access = createAccessStore(db.database);
  await access.addKey({ role: 'operate', tenantId: scene.tenantId, secretHash: sha256Hex(TENANT_KEY) });
  await access.addKey({ role: 'operate', tenantId: await scene.addTenant(), secretHash: sha256Hex(OTHER_KEY) });
});
afterAll(async () => {
  await coordinator.stop();
  await db.close();
});

const call = async (method: string, path: string, options: { key?: string; json?: unknown } = {}) => {
  const { key = ADMIN_KEY, json } = options;
  const response = await fetch(`${coordinator.url}${path}`, {
    method,
    headers: { Authorization: `Bearer ${key}`, ...(json !== undefined && { 'Content-Type': 'application/json' }) },
    ...(json !== undefined && { body: JSON.stringify(json) }),
  });
  const text = await response.text();
  return { status: response.status, text };
};

/** Every GET operation that the OpenAPI document names, so that a new one is covered from its first day. */
const getOperations = async (): Promise<Operation[]> => {
  const document = JSON.parse((await call('GET', '/openapi.json')).text) as {
    paths: Record<string, { get?: { parameters?: Parameter[] } }>;
  };
  return Object.entries(document.paths).flatMap(([path, { get }]) =>
    get ? [{ path, parameters: get.parameters ?? [] }] : [],
  );
};

const base64 = (text: string): string => Buffer.from(text).toString('base64url');
const AN_ID = '0190a000-0000-7000-8000-000000000001';
/** Values that passed a check of the API once and were then refused by PostgreSQL, and relatives of theirs. */
const HOSTILE = [
  '-'.repeat(200),
  '-'.repeat(199) + 'a',
  '- '.repeat(100),
  '!'.repeat(200),
  '('.repeat(200),
  '"'.repeat(199),
  `${'a or '.repeat(39)}a`,
  '-a '.repeat(66),
  'a\0b',
  '\ud800',
  '0000-01-01T00:00:00Z',
  '0001-01-01T00:00:00+15:59',
  '2026-11-21T12:00:00+16:00',
  '2026-11-21T12:00:00+23:59',
  '9999-12-31T23:59:59-23:59',
  `2026-11-21T12:00:00.${'9'.repeat(500)}Z`,
  '+010000-01-01T00:00:00Z',
  base64(`0000-01-01T00:00:00.000000Z_${AN_ID}`),
  base64(`2026-02-30T00:00:00.000000Z_${AN_ID}`),
  base64(`2026-01-01T24:00:00.000001Z_${AN_ID}`),
  base64(`9999-12-31T23:59:60.000000Z_${AN_ID}`),
  base64('999999999999_ff'),
  base64('+275760-09-13T00:00:00.000Z_' + AN_ID),
  '99999999999999999999',
  '2147483648',
  '-1',
  '1e400',
  'NaN',
  '%',
  "' OR 1=1 --",
  '\\u0000',
  '🕯'.repeat(50),
];

const anInstant = fc
  .tuple(
    fc.constantFrom('0000', '0001', '0099', '1969', '2026', '9999'),
    fc.constantFrom('01-01', '02-29', '12-31'),
    fc.constantFrom('', '.1', `.${'7'.repeat(30)}`),
    fc.constantFrom('Z', '+00:00', '+15:59', '+16:00', '-23:59'),
  )
  .map(([year, day, fraction, offset]) => `${year}-${day}T23:59:59${fraction}${offset}`);
const anything = fc.oneof(
  fc.constantFrom(...HOSTILE),
  anInstant,
  anInstant.map((at) => base64(`${at}_${AN_ID}`)),
  fc.string({ unit: 'binary', maxLength: 200 }).map((text) => text.toWellFormed()),
  fc.string({ unit: fc.constantFrom('-', '"', ' ', 'or', 'a', '(', '&', '|', '!', ':', '*'), maxLength: 200 }),
);

describe('requests on a real database', () => {
  it('never answer 5xx, whatever any query parameter of any GET operation holds', { timeout: 120_000 }, async () => {
    const operations = await getOperations();
    expect(operations.length).toBeGreaterThan(20);
    const { text } = await call('POST', '/v1/tasks', { json: A_TASK });
    const { id } = JSON.parse(text) as { id: string };
    const refused: string[] = [];
    const ask = async (operation: Operation, query: Record<string, string>): Promise<void> => {
      const path = operation.path.replaceAll(/\{(\w+)\}/g, (_match, name: string) => (name === 'id' ? id : 'research'));
      const search = new URLSearchParams(query).toString();
      // A stream of events would not end.
      const method = path.endsWith('/events') ? 'HEAD' : 'GET';
      const { status } = await call(method, `${path}?${search}`);
      if (status >= 500) refused.push(`${status} ${path}?${search}`);
    };
    for (const operation of operations) {
      const names = operation.parameters.flatMap(({ in: place, name }) => (place === 'query' ? [name] : []));
      for (const name of names) {
        await Promise.all(HOSTILE.map((value) => ask(operation, { [name]: value.toWellFormed() })));
        await fc.assert(
          fc.asyncProperty(anything, (value) => ask(operation, { [name]: value })),
          { numRuns: 15 },
        );
      }
    }
    expect(refused).toEqual([]);
  });

  it('answer 400 with the field for a runAt that PostgreSQL cannot hold', async () => {
    for (const runAt of ['0000-01-01T00:00:00Z', `2026-11-21T12:00:00.${'1'.repeat(500)}Z`]) {
      const { status, text } = await call('POST', '/v1/tasks', { json: { ...A_TASK, runAt } });
      expect([status, text]).toEqual([400, expect.stringContaining('"path":"runAt"')]);
    }
  });

  it('answer a dry run of retention with one fault for each setting', async () => {
    const { status, text } = await call('GET', '/v1/retention?contentDays=0.001&taskDays=0');
    expect(status).toBe(400);
    const { errors } = JSON.parse(text) as { errors: { path: string }[] };
    expect(errors.map(({ path }) => path).sort()).toEqual(['contentDays', 'taskDays']);
  });

  it('accept every offset of RFC 3339', async () => {
    const { status } = await call('POST', '/v1/tasks', { json: { ...A_TASK, runAt: '2026-01-01T12:00:00+16:00' } });
    expect(status).toBe(202);
  });

  it('do not fail because of what another tenant submits at the same moment', async () => {
    const hostile = ['0000-01-01T00:00:00Z', '2026-11-21T12:00:00+16:00', `2026-11-21T12:00:00.${'1'.repeat(500)}Z`];
    const mine = Array.from({ length: 24 }, () => call('POST', '/v1/tasks', { key: TENANT_KEY, json: A_TASK }));
    const theirs = Array.from({ length: 24 }, (_, index) =>
      call('POST', '/v1/tasks', { key: OTHER_KEY, json: { ...A_TASK, runAt: hostile[index % hostile.length] } }),
    );
    expect((await Promise.all(mine)).map(({ status }) => status)).toEqual(Array.from({ length: 24 }, () => 202));
    for (const { status } of await Promise.all(theirs)) expect([202, 400]).toContain(status);
  });

  it('are accepted or refused, whatever a submission holds', { timeout: 60_000 }, async () => {
    const almostATask = fc
      .tuple(
        fc.constantFrom(
          'type',
          'input',
          'lane',
          'priority',
          'budgetUsd',
          'timeoutMs',
          'approvalTimeoutMs',
          'metadata',
          'tags',
          'runAt',
          'approvals',
          'tenantId',
        ),
        fc.oneof(
          fc.jsonValue(),
          anything,
          fc.dictionary(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' })),
          fc.array(fc.string({ unit: 'binary', maxLength: 70 }), { maxLength: 5 }),
          fc.constantFrom(1e15, 9e15, 2 ** 31, 2 ** 53, -1, 0.1, '99999999999999', '0.000000000001', '9223372037'),
        ),
      )
      .map(([field, value]) => ({ ...A_TASK, [field]: value }));
    const inputs = fc
      .tuple(fc.constantFrom('topic', 'keywords', 'language', 'sources', 'sections', 'targetWords'), anything)
      .map(([field, value]) => ({ ...A_TASK, input: { ...A_TASK.input, [field]: value } }));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(almostATask, inputs), { minLength: 4, maxLength: 12 }), async (tasks) => {
        const answers = await Promise.all(tasks.map((json) => call('POST', '/v1/tasks', { key: TENANT_KEY, json })));
        const broken = answers.flatMap(({ status, text }, index) =>
          status >= 500 ? [{ text, task: tasks[index] }] : [],
        );
        expect(broken).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });
});
