import type Anthropic from '@anthropic-ai/sdk';
import { ArticleMetadata } from '@pressroom/contracts';
import OpenAI from 'openai';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { NO_DEFECTS } from '../src/index.ts';
import { collect, startBench, type Bench } from './fixtures/clients.ts';
import { createSteppedClock, type SteppedClock } from './fixtures/stepped-clock.ts';
import { aBrief, aNotesFence } from './fixtures/larkmoor.ts';

const WORK_MS = 60_000;
const DAY_MS = 24 * 60 * 60 * 1_000;
const schema = z.toJSONSchema(ArticleMetadata);
const PROMPT = `${aBrief()}\n${aNotesFence()}`;

let bench: Bench;
let clock: SteppedClock;
beforeEach(async () => {
  clock = createSteppedClock(Date.parse('2026-11-20T12:00:00Z'));
  bench = await startBench({ defects: NO_DEFECTS, batchWorkMs: WORK_MS, clock });
});
afterEach(() => bench.simulator.close());

describe('OpenAI batches', () => {
  const line = (id: string, model = 'gpt-6-luna') =>
    JSON.stringify({
      custom_id: id,
      method: 'POST',
      url: '/v1/chat/completions',
      body: {
        model,
        messages: [{ role: 'user', content: PROMPT }],
        response_format: { type: 'json_schema', json_schema: { name: 'article_metadata', schema } },
      },
    });
  const upload = async (content: string) =>
    bench.openai.files.create({
      file: await OpenAI.toFile(Buffer.from(content), 'batch.jsonl'),
      purpose: 'batch',
    });
  const create = async (content: string) =>
    bench.openai.batches.create({
      input_file_id: (await upload(content)).id,
      endpoint: '/v1/chat/completions',
      completion_window: '24h',
      metadata: { task: 't-1' },
    });
  const read = async (fileId: string | null | undefined) =>
    (await (await bench.openai.files.content(fileId ?? '')).text())
      .trim()
      .split('\n')
      .map((text) => JSON.parse(text) as { custom_id: string; response: { status_code: number; body: unknown } });

  it('are processed over time and produce a file of results and one of errors', async () => {
    const batch = await create([line('a'), line('b', 'no-such-model'), line('c')].join('\n'));
    expect(batch).toMatchObject({ object: 'batch', status: 'in_progress', metadata: { task: 't-1' } });
    clock.advance(WORK_MS / 2);
    const half = await bench.openai.batches.retrieve(batch.id);
    expect(half).toMatchObject({
      status: 'in_progress',
      output_file_id: null,
      request_counts: { total: 3, completed: 1 },
    });
    clock.advance(WORK_MS);
    const done = await bench.openai.batches.retrieve(batch.id);
    expect(done).toMatchObject({ status: 'completed', request_counts: { total: 3, completed: 2, failed: 1 } });
    const results = await read(done.output_file_id);
    expect(results.map(({ custom_id: id }) => id)).toEqual(['a', 'c']);
    const body = results[0]?.response.body as OpenAI.ChatCompletion;
    expect(ArticleMetadata.safeParse(JSON.parse(body.choices[0]?.message.content ?? '')).success).toBe(true);
    expect(await read(done.error_file_id)).toMatchObject([{ custom_id: 'b', response: { status_code: 404 } }]);
  });

  it('are billed item by item, marked as a batch', async () => {
    await create([line('a'), line('b')].join('\n'));
    expect(bench.simulator.calls()).toEqual([]);
    clock.advance(WORK_MS);
    const calls = bench.simulator.calls();
    expect(calls).toMatchObject([
      { batch: true, outcome: 'ok', purpose: 'article_metadata', requestId: 'a' },
      { batch: true, outcome: 'ok', requestId: 'b' },
    ]);
    expect(calls[0]?.billed.output).toBeGreaterThan(0);
  });

  it('keep processed items when cancelled, without billing for the others', async () => {
    const batch = await create([line('a'), line('b'), line('c'), line('d')].join('\n'));
    clock.advance(WORK_MS / 2);
    const cancelled = await bench.openai.batches.cancel(batch.id);
    expect(cancelled).toMatchObject({ status: 'cancelled', request_counts: { completed: 2 } });
    clock.advance(WORK_MS);
    expect(bench.simulator.calls()).toHaveLength(2);
    expect(await read((await bench.openai.batches.retrieve(batch.id)).output_file_id)).toHaveLength(2);
  });

  it('expire after a day', async () => {
    bench.simulator.addFaults({ match: { purpose: 'batch' }, effect: { kind: 'delay_batch', ms: 4 * DAY_MS } });
    const batch = await create([line('a'), line('b')].join('\n'));
    clock.advance(2 * DAY_MS);
    expect(await bench.openai.batches.retrieve(batch.id)).toMatchObject({ status: 'expired', output_file_id: null });
  });

  it.each([
    { title: 'no requests', content: '\n' },
    { title: 'an invalid line', content: `${line('a')}\n{]` },
    { title: 'a repeated id', content: `${line('a')}\n${line('a')}` },
  ])('are rejected with $title', async ({ content }) => {
    await expect(create(content)).rejects.toMatchObject({ status: 400 });
  });

  it('and files are visible to their owner only', async () => {
    const batch = await create(line('a'));
    const other = new OpenAI({ apiKey: 'sk-other', baseURL: `${bench.simulator.url}/v1`, maxRetries: 0 });
    await expect(other.batches.retrieve(batch.id)).rejects.toMatchObject({ status: 404 });
    await expect(other.files.content(batch.input_file_id)).rejects.toMatchObject({ status: 404 });
    expect((await collect(await other.batches.list())).length).toBe(0);
    expect((await collect(await bench.openai.batches.list())).map(({ id }) => id)).toEqual([batch.id]);
  });

  it('are subject to scripted failures item by item', async () => {
    bench.simulator.addFaults({
      match: { path: '/v1/chat/completions', nth: 2 },
      effect: { kind: 'status', status: 500 },
    });
    const batch = await create([line('a'), line('b')].join('\n'));
    clock.advance(WORK_MS);
    expect(await bench.openai.batches.retrieve(batch.id)).toMatchObject({
      request_counts: { completed: 1, failed: 1 },
    });
  });
});

describe('Anthropic message batches', () => {
  const request = (id: string, model = 'claude-haiku-5-5'): Anthropic.Messages.BatchCreateParams.Request => ({
    custom_id: id,
    params: {
      model,
      max_tokens: 500,
      messages: [{ role: 'user', content: PROMPT }],
      output_config: { format: { type: 'json_schema', schema } },
    },
  });
  const create = (...requests: Anthropic.Messages.BatchCreateParams.Request[]) =>
    bench.anthropic.messages.batches.create({ requests });
  const results = async (id: string) => collect(await bench.anthropic.messages.batches.results(id));

  it('end with a result for every request', async () => {
    const batch = await create(request('a'), request('b', 'no-such-model'));
    expect(batch).toMatchObject({
      processing_status: 'in_progress',
      results_url: null,
      request_counts: { processing: 2 },
    });
    clock.advance(WORK_MS);
    const ended = await bench.anthropic.messages.batches.retrieve(batch.id);
    expect(ended).toMatchObject({
      processing_status: 'ended',
      request_counts: { succeeded: 1, errored: 1, processing: 0 },
    });
    const [first, second] = await results(batch.id);
    expect(first).toMatchObject({
      custom_id: 'a',
      result: { type: 'succeeded', message: { usage: { service_tier: 'batch' } } },
    });
    expect(second).toMatchObject({ custom_id: 'b', result: { type: 'errored' } });
  });

  it('report each request as cancelled or expired', async () => {
    const [first, second] = [await create(request('a'), request('b')), await create(request('c'))];
    clock.advance(WORK_MS / 2);
    const cancelled = await bench.anthropic.messages.batches.cancel(first.id);
    expect(cancelled).toMatchObject({ processing_status: 'ended', request_counts: { succeeded: 1, canceled: 1 } });
    expect((await results(first.id)).map(({ result }) => result.type)).toEqual(['succeeded', 'canceled']);
    bench.simulator.addFaults({ match: { purpose: 'batch' }, effect: { kind: 'delay_batch', ms: 2 * DAY_MS } });
    const slow = await create(request('d'));
    clock.advance(DAY_MS);
    expect(await bench.anthropic.messages.batches.retrieve(slow.id)).toMatchObject({ request_counts: { expired: 1 } });
    expect((await results(second.id)).map(({ result }) => result.type)).toEqual(['succeeded']);
  });

  it('can be deleted once they have ended, and not before', async () => {
    const batch = await create(request('a'));
    await expect(bench.anthropic.messages.batches.delete(batch.id)).rejects.toMatchObject({ status: 400 });
    clock.advance(WORK_MS);
    expect(await bench.anthropic.messages.batches.delete(batch.id)).toMatchObject({ type: 'message_batch_deleted' });
    await expect(bench.anthropic.messages.batches.retrieve(batch.id)).rejects.toMatchObject({ status: 404 });
  });

  it('are listed newest first', async () => {
    const ids = [(await create(request('a'))).id, (await create(request('b'))).id];
    expect((await collect(bench.anthropic.messages.batches.list())).map(({ id }) => id)).toEqual(ids.reverse());
  });

  it('can be rejected when submitted', async () => {
    bench.simulator.addFaults({ match: { path: '/v1/messages/batches' }, effect: { kind: 'status', status: 529 } });
    await expect(create(request('a'))).rejects.toMatchObject({ status: 529 });
  });
});
