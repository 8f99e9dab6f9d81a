import { BulkResult, type Problem } from '@pressroom/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { until } from '@pressroom/testkit';

import { A_TASK, startTestServer, type CallOptions, type TestServer } from '../testing/start-test-server.ts';

let server: TestServer;
beforeEach(async () => {
  server = await startTestServer();
});
afterEach(() => server.close());

const post = (options: CallOptions) => server.call('/v1/tasks/bulk', { method: 'POST', ...options });
const outcomes = async (response: Response): Promise<BulkResult> => BulkResult.parse(await response.json());

describe('POST /v1/tasks/bulk', () => {
  it('gives each task of an array its own outcome, in order', async () => {
    const response = await post({ json: [A_TASK, { type: 'poem', input: {} }, A_TASK, { ...A_TASK, priority: 0 }] });
    expect(response.status).toBe(200);
    const result = await outcomes(response);
    expect(result).toMatchObject({ accepted: 2, rejected: 2 });
    expect(result.items.map(({ index, status, problem }) => [index, status, problem?.code])).toEqual([
      [0, 202, undefined],
      [1, 400, 'UNKNOWN_TASK_TYPE'],
      [2, 202, undefined],
      [3, 400, 'VALIDATION_FAILED'],
    ]);
  });

  it('takes one task a line, and a line that is not JSON is a fault of that line alone', async () => {
    const body = `${JSON.stringify(A_TASK)}\n\n{"type":\n${JSON.stringify(A_TASK)}\n`;
    const result = await outcomes(await post({ body, headers: { 'Content-Type': 'application/x-ndjson' } }));
    expect(result.items.map(({ status }) => status)).toEqual([202, 400, 202]);
    expect(result.items[1]?.problem).toMatchObject({
      code: 'MALFORMED_JSON',
      detail: expect.stringMatching(/^task 2 of the request \(index 1\) is not JSON/) as string,
    });
  });

  it('takes a thousand tasks and refuses what follows as one last outcome', async () => {
    const result = await outcomes(await post({ json: new Array(1_000).fill(A_TASK) }));
    expect(result.accepted).toBe(1_000);
    expect(new Set(result.items.map(({ task }) => task?.id)).size).toBe(1_000);
    const more = await outcomes(await post({ json: new Array(1_500).fill(A_TASK) }));
    expect(more).toMatchObject({ accepted: 1_000, rejected: 1 });
    expect(more.items.at(-1)?.problem).toMatchObject({
      code: 'VALIDATION_FAILED',
      limit: { name: 'bulkTasks', scope: 'request', value: 1_000 },
    });
    expect(server.stores.taskCount).toBe(2_000);
  });

  it.each([{ json: [] }, { json: A_TASK }, { json: null }])('refuses $json as a whole', async ({ json }) => {
    expect((await post({ json })).status).toBe(400);
  });

  it('accepts tasks while the body is still arriving', async () => {
    let finish = (): void => undefined;
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(Buffer.from(`[${JSON.stringify(A_TASK)},`));
        finish = () => {
          controller.enqueue(Buffer.from(`${JSON.stringify(A_TASK)}]`));
          controller.close();
        };
      },
    });
    const response = server.call('/v1/tasks/bulk', {
      method: 'POST',
      body,
      duplex: 'half',
      headers: { 'Content-Type': 'application/json' },
    });
    await until(() => server.stores.taskCount === 1);
    finish();
    expect(await outcomes(await response)).toMatchObject({ accepted: 2, rejected: 0 });
  });

  it.each([
    ['an array without an end', 'application/json', (task: string) => `[${task},${task}`, 'MALFORMED_JSON'],
    [
      'an array that is broken between its tasks',
      'application/json',
      (task: string) => `[${task},,${task}]`,
      'MALFORMED_JSON',
    ],
    ['something after the array', 'application/json', (task: string) => `[${task}] x`, 'MALFORMED_JSON'],
  ])('keeps what came before the fault and names it last: %s', async (_name, type, make, code) => {
    const response = await post({ body: make(JSON.stringify(A_TASK)), headers: { 'Content-Type': type } });
    const { items, accepted } = await outcomes(response);
    expect(accepted).toBeGreaterThanOrEqual(1);
    expect(items.at(-1)?.problem?.code).toBe(code);
  });

  it('refuses a task that is larger than one may be, and takes those around it', async () => {
    const task = JSON.stringify(A_TASK);
    const large = JSON.stringify({ ...A_TASK, input: { topic: 'x'.repeat(3_000_000) } });
    for (const [type, body] of [
      ['application/x-ndjson', [task, large, task].join('\n')],
      ['application/json', `[${[task, large, task].join(',')}]`],
    ] as const) {
      const result = await outcomes(await post({ body, headers: { 'Content-Type': type } }));
      expect(result.items.map(({ status }) => status)).toEqual([202, 413, 202]);
    }
  });

  it('names a bounded number of faults, however many a body has', async () => {
    const bad = {
      ...A_TASK,
      ...Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`${'n'.repeat(500)}${n}`, 1])),
    };
    const response = await post({ json: new Array(90).fill(bad) });
    const text = await response.text();
    expect(text.length).toBeLessThan(500_000);
    const faults = BulkResult.parse(JSON.parse(text)).items.flatMap(({ problem }) => problem?.errors ?? []);
    expect(faults.length).toBeGreaterThan(90);
    expect(faults.length).toBeLessThanOrEqual(900);
  });

  it('makes no task twice when the request is repeated with its key', async () => {
    const send = () => post({ json: [A_TASK, A_TASK], headers: { 'Idempotency-Key': 'batch-1' } }).then(outcomes);
    const [first, again] = [await send(), await send()];
    expect(again.items.map(({ task }) => task?.id)).toEqual(first.items.map(({ task }) => task?.id));
    expect(again.items.every(({ replayed }) => replayed === true)).toBe(true);
    expect(server.stores.taskCount).toBe(2);
  });

  it('shares no key with a single task, whichever comes first', async () => {
    const single = async (key: string) => {
      const headers = { 'Idempotency-Key': key };
      const response = await server.call('/v1/tasks', { method: 'POST', json: A_TASK, headers });
      return [response.status, response.headers.get('idempotent-replayed')];
    };
    const bulk = async (key: string) => {
      const { items } = await outcomes(await post({ json: [A_TASK], headers: { 'Idempotency-Key': key } }));
      return items.map(({ status, replayed }) => [status, replayed]);
    };
    expect(await bulk('first')).toEqual([[202, undefined]]);
    expect(await single('first#0')).toEqual([202, null]);
    expect(await single('second#0')).toEqual([202, null]);
    expect(await bulk('second')).toEqual([[202, undefined]]);
    expect(await single('second#0')).toEqual([202, 'true']);
    expect(await bulk('first')).toEqual([[202, true]]);
  });

  it('refuses the rest at once when a store fails, instead of waiting for each', async () => {
    server.stores.state.mode = 'up';
    await server.call('/v1/task-types');
    server.stores.state.mode = 'hanging';
    const startedMs = performance.now();
    const result = await outcomes(await post({ json: new Array(500).fill(A_TASK) }));
    expect(performance.now() - startedMs).toBeLessThan(1_500);
    expect(result.accepted).toBe(0);
    expect(new Set(result.items.map(({ problem }) => (problem as Problem).code))).toEqual(new Set(['UNAVAILABLE']));
  });
});
