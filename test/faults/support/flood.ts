import { connect, type Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';

/** Floods a coordinator from a separate process: `flood.ts KIND URL KEY`. Exits with its parent. */
const [kind = '', url = '', key = ''] = process.argv.slice(2);
const { hostname, port } = new URL(url);
const counts: Record<string, number> = {};
const sockets = new Set<Socket>();

const headers = { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' };
const task = (topic: string): string =>
  JSON.stringify({ type: 'classify', input: { text: topic, labels: [{ name: 'a' }, { name: 'b' }] } });

async function send(path: string, body?: string | ReadableStream, type = 'application/json'): Promise<void> {
  try {
    const response = await fetch(`${url}${path}`, {
      ...(body !== undefined && { method: 'POST', body, ...(typeof body !== 'string' && { duplex: 'half' }) }),
      headers: { ...headers, 'Content-Type': type },
    });
    await response.arrayBuffer();
    count(String(response.status));
    // A well-behaved client would wait: a flood does not.
  } catch {
    count('refused');
  }
}

function count(what: string): void {
  counts[what] = (counts[what] ?? 0) + 1;
}

const mega = 1_000_000;
const BODIES = {
  notJson: 'x'.repeat(2 * mega),
  openBrackets: '['.repeat(2 * mega),
  nested: `${'{"a":'.repeat(300_000)}1${'}'.repeat(300_000)}`,
  manyKeys: `{${Array.from({ length: 150_000 }, (_, n) => `"k${n}":0`).join(',')}}`,
  manyItems: `{"type":"article","input":{"sources":[${'{},'.repeat(600_000)}{}]}}`,
  manyProblems: JSON.stringify({
    type: 'article',
    input: Object.fromEntries(Array.from({ length: 900 }, (_, n) => [`${n}`.repeat(200), n])),
  }),
  tooLarge: 'y'.repeat(3 * mega),
};
const BULK = {
  brokenLines: '{"type":\n'.repeat(150_000),
  hugeItems: `[${Array.from({ length: 7 }, () => JSON.stringify({ type: 'article', input: { topic: 'z'.repeat(2 * mega) } })).join(',')}]`,
};

/** An endless body, sent as fast as it is read. */
const endless = (): ReadableStream =>
  new ReadableStream({
    async pull(controller) {
      // Without a pause a closed connection would cause a busy loop.
      await setImmediate();
      controller.enqueue(Buffer.alloc(65_536, 'x'));
    },
  });

/** Opens a connection, sends the start of a request and keeps it open. */
function hold(start: string | Buffer): void {
  const socket = connect(Number(port), hostname);
  sockets.add(socket);
  socket.on('error', () => undefined);
  socket.on('close', () => {
    sockets.delete(socket);
    setTimeout(() => {
      hold(start);
    }, 200);
  });
  socket.write(start);
  socket.resume();
}

const head = (path: string, bytes: number): string =>
  `POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/json\r\nContent-Length: ${bytes}\r\n\r\n`;

/** A task that waits for next month and whose input fills most of a body. */
async function submitLargeTask(): Promise<string> {
  const sources = Array.from({ length: 9 }, () => ({ text: 'word '.repeat(35_000) }));
  const runAt = new Date(Date.now() + 30 * 86_400_000).toISOString();
  const body = JSON.stringify({ type: 'article', runAt, input: { topic: 'Large', sources } });
  const response = await fetch(`${url}/v1/tasks`, { method: 'POST', headers, body });
  const { id } = (await response.json()) as { id?: string };
  if (id === undefined) throw new Error(`the large task was refused with ${response.status}`);
  return id;
}
const largeTask = kind === 'valid' ? await submitLargeTask() : '';

const loops: Record<string, (() => Promise<void>)[]> = {
  valid: [
    ...Array.from({ length: 12 }, () => () => send('/v1/tasks', task('valid flood'))),
    ...Array.from({ length: 4 }, () => () => send('/v1/tasks?limit=200')),
    ...Array.from({ length: 4 }, () => () => send(`/v1/tasks/${largeTask}`)),
    ...Array.from(
      { length: 2 },
      () => () => send('/v1/tasks/bulk', `[${new Array(200).fill(task('bulk')).join(',')}]`),
    ),
  ],
  poisoned: [
    ...Object.values(BODIES).map((body) => () => send('/v1/tasks', body)),
    ...Object.values(BULK).map((body) => () => send('/v1/tasks/bulk', body, 'application/x-ndjson')),
    () => send('/v1/tasks/bulk', BULK.hugeItems),
    () => send('/v1/tasks', endless()),
    () => send('/v1/tasks/bulk', endless()),
    () => send(`/v1/tasks?cursor=${'A'.repeat(900)}`),
    () => send(`/v1/dead-letters?cursor=${'A'.repeat(900)}&q=${'-'.repeat(200)}`),
    () => send(`/v1/tasks/${'%ff'.repeat(50)}`),
    () => send(`/v1/tasks?q=${'x'.repeat(15_000)}`),
    () => send('/v1/schedules', BODIES.manyItems),
  ],
};

if (kind === 'held') {
  // 15 of 16 MB of a bulk body, then nothing: two megabytes at a time, so that each connection has as much as it may buffer.
  const item = JSON.stringify({ type: 'article', input: { topic: 'z'.repeat(1_900_000) } });
  const text = `[${new Array(7).fill(item).join(',')},${item.slice(0, 1_700_000)}`;
  const start = Buffer.from(head('/v1/tasks/bulk', 16 * mega) + text);
  for (let n = 0; n < 100; n += 1) hold(start);
} else {
  if (kind === 'poisoned') {
    for (let n = 0; n < 40; n += 1) hold(`${head('/v1/tasks', mega)}{`);
    for (let n = 0; n < 10; n += 1) hold('GET /v1/tasks HTTP/1.1\r\nHost: x\r\nX-Slow: ');
  }
  for (const loop of loops[kind] ?? []) {
    void (async () => {
      for (;;) await loop();
    })();
  }
}
process.on('message', () => process.send?.({ counts, held: sockets.size }));
process.on('disconnect', () => process.exit(0));
setTimeout(() => process.exit(0), 60_000);
process.send?.('started');
