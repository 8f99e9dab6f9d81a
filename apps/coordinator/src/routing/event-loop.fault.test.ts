import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { MAX_BODY_BYTES, MAX_BULK_BODY_BYTES } from '../core/body-limits.ts';
import { inertRouteTable } from '../testing/inert-route-table.ts';
import { A_TASK, secretOf } from '../testing/start-test-server.ts';

/** What one turn of the event loop may take of the processor before others notice; the longest measured is 41 ms. */
const MAX_TURN_MS = 250;

let server: ChildProcess;
let url: string;
beforeAll(async () => {
  server = fork(fileURLToPath(new URL('../testing/measured-server.ts', import.meta.url)));
  [url] = (await once(server, 'message')) as [string];
  // The first request of each kind compiles and builds what later ones find.
  for (const path of ['/docs', '/openapi.json', '/v1/task-types']) await send('GET', path);
  await send('POST', '/v1/tasks', JSON.stringify(A_TASK));
}, 60_000);
afterAll(async () => {
  server.disconnect();
  await once(server, 'exit');
});

async function longestTurnMs(): Promise<number> {
  server.send('report');
  return ((await once(server, 'message')) as [number])[0];
}

const call = (
  method: string,
  path: string,
  body?: string | Buffer,
  headers: Readonly<Record<string, string>> = { 'Content-Type': 'application/json' },
): Promise<Response> =>
  fetch(`${url}${path}`, {
    method,
    headers: { Authorization: `Bearer ${secretOf('admin')}`, ...headers },
    ...(body !== undefined && { body }),
  });

async function send(method: string, path: string, body?: string | Buffer, type = 'application/json'): Promise<number> {
  const response = await call(method, path, body, body === undefined ? {} : { 'Content-Type': type });
  await response.arrayBuffer();
  return response.status;
}

/** Text that repeats a piece up to a size. */
const fill = (piece: string, bytes: number): string => piece.repeat(Math.floor(bytes / piece.length));
const aTask = (fields: Record<string, unknown>, input: Record<string, unknown> = {}): string =>
  JSON.stringify({ ...A_TASK, ...fields, input: { ...A_TASK.input, ...input } });

const SIZE = MAX_BODY_BYTES - 400;
const digits = fill('7', SIZE);

/** Bodies of about the largest size, each costly for some part of the system. */
const HOSTILE: Readonly<Record<string, string>> = {
  'open brackets': fill('[', SIZE),
  'nested arrays': `${fill('[', SIZE / 2)}${fill(']', SIZE / 2)}`,
  'nested objects': `${fill('{"a":', SIZE - 300_000)}1${fill('}', 300_000)}`,
  'many fields': `{${Array.from({ length: 130_000 }, (_, n) => `"key${n}":0`).join(',')}}`,
  'many numeric fields': `{${Array.from({ length: 150_000 }, (_, n) => `"${n * 7}":0`).join(',')}}`,
  'many items': `[${fill('0,', SIZE)}0]`,
  'as many values as allowed': `[${Array.from({ length: 19 }, () => `[${fill('{},', 3_000)}{}]`).join(',')}]`,
  'one long string': `"${fill('x', SIZE)}"`,
  escapes: `"${fill(String.raw`\u0041`, SIZE)}"`,
  'escaped quotes': `"${fill(String.raw`\"`, SIZE)}"`,
  'a string without an end': `"${fill('\\\\', SIZE)}`,
  'one long number': digits,
  'one long exponent': `1e${digits}`,
  'no JSON': fill('x', SIZE),
  spaces: fill(' ', SIZE),
  'unknown fields with long names': `{${Array.from({ length: 900 }, (_, n) => `"${fill(`n${n}`, 2_000)}":1`).join(',')}}`,
  'a long topic': aTask({}, { topic: fill('x', SIZE) }),
  'a topic of spaces': aTask({}, { topic: `a${fill(' ', SIZE)}b` }),
  'a source of spaces': aTask({}, { sources: [{ text: `x0${fill(' ', 399_000)}y` }] }),
  'a source of markup': aTask({}, { sources: [{ text: fill('<a ', 390_000) }] }),
  'a long URL': aTask({}, { sources: [{ url: `https://example.com/${fill('%20', SIZE)}` }] }),
  'a long host': aTask({}, { sources: [{ url: `https://${fill('a.', SIZE)}com` }] }),
  'a long budget': aTask({ budgetUsd: digits }),
  'a long instant': aTask({ runAt: `2026-01-01T00:00:00.${fill('0', SIZE)}Z` }),
  'a long callback': aTask({ callbackUrl: `https://example.com/${fill('/', SIZE)}` }),
  'a long type': aTask({ type: fill('a-', SIZE) }),
  'a long language': aTask({}, { language: fill('en-', SIZE) }),
  'long metadata': aTask({
    metadata: Object.fromEntries(Array.from({ length: 900 }, (_, n) => [`k${n}`, fill('v', 2_000)])),
  }),
  'long tags': aTask({ tags: Array.from({ length: 900 }, () => fill(' t', 2_000)) }),
  'many sources': aTask({}, { sources: Array.from({ length: 990 }, () => ({ text: fill('w ', 2_000) })) }),
  'a valid task of the largest size': aTask(
    {},
    { sources: Array.from({ length: 10 }, () => ({ text: fill('word ', 190_000) })) },
  ),
};

const bodied = inertRouteTable().filter(({ body }) => body !== undefined);
const ID = '0190a000-0000-7000-8000-000000000001';
const pathOf = (path: string): string => path.replaceAll(/:\w+/g, ID);

const BULK_BODIES: [string, string][] = [
  [
    'an array of the largest size',
    `[${Array.from({ length: 8 }, () => aTask({}, { topic: fill('x', SIZE - 100_000) })).join(',')}]`,
  ],
  [
    'a thousand tasks of 16 kB',
    `[${Array.from({ length: 1_000 }, () => aTask({}, { sources: [{ text: fill('word ', 15_000) }] })).join(',')}]`,
  ],
  ['an array of empty arrays', `[${fill('[],', MAX_BULK_BODY_BYTES - 10)}[]]`],
  ['lines that are not JSON', fill('{\n', MAX_BULK_BODY_BYTES)],
  ['one line', fill('x', MAX_BULK_BODY_BYTES)],
  ['empty lines', fill('\n', MAX_BULK_BODY_BYTES)],
  ['blank lines', fill(' \r\n', MAX_BULK_BODY_BYTES)],
  ['an array that is one string', `["${fill('x', MAX_BULK_BODY_BYTES - 4)}"]`],
  ...(['nested arrays', 'many fields', 'as many values as allowed', 'unknown fields with long names'] as const).map(
    (name): [string, string] => [`seven tasks of ${name}`, `[${new Array(7).fill(HOSTILE[name]).join(',')}]`],
  ),
];

describe('no request keeps the event loop', () => {
  it.each(Object.keys(HOSTILE))('whatever its body is, at any endpoint that takes one: %s', async (name) => {
    const body = HOSTILE[name] ?? '';
    await longestTurnMs();
    for (const { method, path } of bodied) await send(method, pathOf(path), body);
    expect(await longestTurnMs()).toBeLessThan(MAX_TURN_MS);
  });

  it.each(BULK_BODIES)('whatever a bulk request holds: %s', async (_name, body) => {
    await longestTurnMs();
    await send('POST', '/v1/tasks/bulk', body);
    await send('POST', '/v1/tasks/bulk', body, 'application/x-ndjson');
    expect(await longestTurnMs()).toBeLessThan(MAX_TURN_MS);
  });

  it('whatever its query is', async () => {
    await longestTurnMs();
    const long = fill('a', 14_000);
    for (const { method, path, query } of inertRouteTable()) {
      if (method !== 'GET' || query === undefined || path.endsWith('/events')) continue;
      for (const text of [
        `cursor=${long}`,
        `q=${fill('-', 14_000)}`,
        fill('a&', 14_000),
        fill('a=%22&', 14_000),
        `since=${long}`,
      ]) {
        await send('GET', `${pathOf(path)}?${text}`);
      }
    }
    expect(await longestTurnMs()).toBeLessThan(MAX_TURN_MS);
  });

  it.each(['[1] ', '`a', '`a\n[1]', '> ', '漢', 'word '])(
    'whatever the edited text of a result is and how many read it at once: %j',
    async (piece) => {
      const accepted = await call('POST', '/v1/tasks', JSON.stringify(A_TASK));
      const { id } = (await accepted.json()) as { id: string };
      const markdown = fill(piece, 199_000);
      server.send({
        taskId: id,
        outputs: {
          research: {
            questions: [],
            sources: [{ id: 1, title: 'Log', text: 'A source.' }],
            notes: [],
            contradictions: [],
            gaps: [],
          },
          refine: {
            title: 'Trees',
            lead: 'Lead [1].',
            sections: Array.from({ length: 10 }, (_, index) => ({ heading: `S${index}`, markdown })),
            metaDescription: '',
            keywords: [],
            score: 1,
            rounds: 1,
            edits: [],
          },
        },
      });
      await once(server, 'message');
      await longestTurnMs();
      const tags = new Set<string | null>();
      const read = async (accept: string): Promise<void> => {
        const response = await call('GET', `/v1/tasks/${id}/result`, undefined, { Accept: accept });
        await response.arrayBuffer();
        // A tenant may have so many bytes of unread replies.
        expect([200, 429]).toContain(response.status);
        if (response.status === 200) tags.add(response.headers.get('etag'));
      };
      for (const accept of ['text/markdown', 'application/json', 'text/html']) {
        await Promise.all(Array.from({ length: 4 }, () => read(accept)));
      }
      const turn = await longestTurnMs();
      if (process.env['PRESSROOM_SHOW_FIGURES'] === 'true') process.stderr.write(`${piece}: ${turn} ms\n`);
      expect(turn).toBeLessThan(MAX_TURN_MS);
      expect(tags.size).toBe(3);
      for (const tag of tags) {
        const headers = { 'If-None-Match': tag ?? '' };
        const statuses = await Promise.all(
          ['text/markdown', 'application/json', 'text/html'].map(
            async (Accept) => (await call('GET', `/v1/tasks/${id}/result`, undefined, { ...headers, Accept })).status,
          ),
        );
        expect(statuses.filter((status) => status === 304)).toHaveLength(1);
      }
    },
    60_000,
  );
});
