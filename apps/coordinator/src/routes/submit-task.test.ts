import { ARTICLE_LIMITS, TaskAccepted, type Problem } from '@pressroom/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { DEFAULT_TENANT, OTHER_TENANT } from '../testing/fake-stores.ts';
import { A_TASK, startTestServer, type CallOptions, type TestServer } from '../testing/start-test-server.ts';

let server: TestServer;
beforeEach(async () => {
  server = await startTestServer();
});
afterEach(() => server.close());

const post = (options: CallOptions): Promise<Response> => server.call('/v1/tasks', { method: 'POST', ...options });
const problemOf = async (response: Response): Promise<Problem> => (await response.json()) as Problem;

describe('POST /v1/tasks', () => {
  it('accepts a task and says where it is', async () => {
    const response = await post({ json: A_TASK });
    expect(response.status).toBe(202);
    const accepted = TaskAccepted.parse(await response.json());
    expect(accepted).toMatchObject({ status: 'queued', generation: 1 });
    expect(response.headers.get('location')).toBe(`/v1/tasks/${accepted.id}`);
    expect(accepted.links['events']).toBe(`/v1/tasks/${accepted.id}/events`);
  });

  it('submits the input as parsed by its schema, with defaults', async () => {
    await post({ json: { type: 'article', input: { topic: '  Lighthouses  ' }, budgetUsd: '0.05' } });
    expect(server.stores.submissions[0]).toMatchObject({
      tenantId: DEFAULT_TENANT,
      task: { lane: 'interactive', priority: 5, quality: 'balanced', budgetUsd: 50_000_000n },
      input: { topic: 'Lighthouses' },
      idempotency: undefined,
    });
  });

  describe('with an Idempotency-Key', () => {
    const keyed = (json: unknown, key = 'order-17') => post({ json, headers: { 'Idempotency-Key': key } });

    it('answers the same task for the same body, however it is written', async () => {
      const first = await keyed({ type: 'article', input: A_TASK.input, priority: 3 });
      const again = await keyed({ priority: 3, input: A_TASK.input, type: 'article' });
      expect(again.status).toBe(202);
      expect(again.headers.get('idempotent-replayed')).toBe('true');
      expect(first.headers.get('idempotent-replayed')).toBeNull();
      expect(await again.json()).toEqual(await first.json());
      expect(server.stores.taskCount).toBe(1);
    });

    it('answers 409 for another body', async () => {
      await keyed(A_TASK);
      const response = await keyed({ ...A_TASK, priority: 1 });
      expect(response.status).toBe(409);
      expect(await problemOf(response)).toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
    });

    it.each(['', 'a b', 'x'.repeat(256)])('refuses the key %j', async (key) => {
      const response = await keyed(A_TASK, key);
      // fetch drops an empty header value to an empty string, which is no key either.
      expect(response.status).toBe(400);
      expect((await problemOf(response)).errors?.[0]?.path).toBe('Idempotency-Key');
    });
  });

  it('answers 429 with the time to wait when the backlog is full', async () => {
    server.stores.state.backlogFull = true;
    const response = await post({ json: A_TASK });
    expect(response.status).toBe(429);
    expect(response.headers.get('retry-after')).toBe('5');
    expect(await problemOf(response)).toMatchObject({
      code: 'BACKLOG_FULL',
      limit: { name: 'maxBacklog', scope: 'tenant', value: 50 },
    });
  });

  it.each([
    [51_200_000_000, 50_000_000_000, '51.200 GB', '50.000 GB'],
    [12_345_678, 10_000_000, '12.346 MB', '10.000 MB'],
    [1_205, 1_000, '1,205 bytes', '1,000 bytes'],
    [0, 0, '0 bytes', '0 bytes'],
  ])(
    'answers 413 with what is used (%d bytes), what is allowed (%d) and the way out when the storage quota is reached',
    async (usedBytes, limitBytes, used, allowed) => {
      server.stores.state.storageFull = { usedBytes, limitBytes };
      const response = await post({ json: A_TASK });
      expect(response.status).toBe(413);
      const problem = await problemOf(response);
      expect(problem).toMatchObject({
        code: 'STORAGE_QUOTA_EXCEEDED',
        limit: { name: 'maxStorageBytes', scope: 'tenant', value: limitBytes },
      });
      expect(problem.detail).toContain(
        `stores ${used} of inputs and outputs and may store ${allowed}: delete the content`,
      );
    },
  );

  it('lets only an admin choose the tenant', async () => {
    const json = { ...A_TASK, tenantId: OTHER_TENANT };
    expect((await post({ json, as: 'admin' })).status).toBe(202);
    expect(server.stores.submissions[0]?.tenantId).toBe(OTHER_TENANT);
    expect((await post({ json, as: 'submit' })).status).toBe(403);
    expect((await post({ json: { ...A_TASK, tenantId: DEFAULT_TENANT }, as: 'submit' })).status).toBe(202);
  });

  it('names the tenant as the fault when an admin chooses one that does not exist', async () => {
    const response = await post({ json: { ...A_TASK, tenantId: crypto.randomUUID() }, as: 'admin' });
    expect(response.status).toBe(400);
    expect((await problemOf(response)).errors).toEqual([{ path: 'tenantId', message: 'names no tenant' }]);
  });

  it('names every fault of envelope and input at once', async () => {
    const response = await post({
      json: {
        type: 'article',
        priority: 99,
        prioritty: 1,
        metadata: { ok: 1 },
        input: { topic: 'x', sources: [{ url: 'https://ok.example' }, { text: 'ok' }, { url: 'nope' }], words: 5 },
      },
    });
    const { code, errors = [] } = await problemOf(response);
    expect({ status: response.status, code }).toEqual({ status: 400, code: 'VALIDATION_FAILED' });
    expect(errors.map(({ path }) => path).sort()).toEqual(
      ['input.sources[2].url', 'input.topic', 'input.words', 'metadata.ok', 'priority', 'prioritty'].sort(),
    );
  });

  it('lists the known types for an unknown one', async () => {
    const response = await post({ json: { type: 'poem', input: {} } });
    expect(response.status).toBe(400);
    const problem = await problemOf(response);
    expect(problem).toMatchObject({
      code: 'UNKNOWN_TASK_TYPE',
      knownTypes: expect.arrayContaining(['article']) as unknown,
    });
    expect(problem.errors?.[0]?.path).toBe('type');
  });

  const article = (input: Record<string, unknown>) => ({ type: 'article', input: { topic: 'Lighthouses', ...input } });

  it.each<{ title: string; json: unknown; path: string }>([
    { title: 'no body fields', json: {}, path: 'type' },
    { title: 'no input', json: { type: 'article' }, path: 'input' },
    { title: 'an input that is a list', json: { type: 'article', input: [] }, path: 'input' },
    { title: 'a list as body', json: [A_TASK], path: '' },
    { title: 'a number as body', json: 7, path: '' },
    { title: 'null as body', json: null, path: '' },
    { title: 'a type that is a number', json: { type: 5, input: {} }, path: 'type' },
    { title: 'a lane that does not exist', json: { ...A_TASK, lane: 'fast' }, path: 'lane' },
    { title: 'a priority of zero', json: { ...A_TASK, priority: 0 }, path: 'priority' },
    { title: 'a priority in words', json: { ...A_TASK, priority: '5' }, path: 'priority' },
    { title: 'a quality that does not exist', json: { ...A_TASK, quality: 'best' }, path: 'quality' },
    { title: 'a negative budget', json: { ...A_TASK, budgetUsd: -1 }, path: 'budgetUsd' },
    { title: 'a budget with ten decimals', json: { ...A_TASK, budgetUsd: '0.0000000001' }, path: 'budgetUsd' },
    { title: 'a timeout below a second', json: { ...A_TASK, timeoutMs: 10 }, path: 'timeoutMs' },
    { title: 'a start without a time zone', json: { ...A_TASK, runAt: '2026-01-01T00:00:00' }, path: 'runAt' },
    { title: 'an unknown gate', json: { ...A_TASK, approvals: ['draft'] }, path: 'approvals[0]' },
    {
      title: 'a callback, for which there are no deliveries',
      json: { ...A_TASK, callbackUrl: 'https://example.org/hook' },
      path: 'callbackUrl',
    },
    { title: 'a tenant that is no UUID', json: { ...A_TASK, tenantId: 'acme' }, path: 'tenantId' },
    { title: 'too many tags', json: { ...A_TASK, tags: new Array(21).fill('t') }, path: 'tags' },
    { title: 'a tag that is too long', json: { ...A_TASK, tags: ['t'.repeat(61)] }, path: 'tags[0]' },
    { title: 'metadata that is nested', json: { ...A_TASK, metadata: { a: {} } }, path: 'metadata.a' },
    { title: 'a topic that is too short', json: article({ topic: 'ab' }), path: 'input.topic' },
    { title: 'a topic of spaces', json: article({ topic: '     ' }), path: 'input.topic' },
    { title: 'a topic that is too long', json: article({ topic: 'x'.repeat(501) }), path: 'input.topic' },
    { title: 'thirteen sections', json: article({ sections: ARTICLE_LIMITS.maxSections + 1 }), path: 'input.sections' },
    { title: 'half a section', json: article({ sections: 1.5 }), path: 'input.sections' },
    { title: 'too few words', json: article({ targetWords: 5 }), path: 'input.targetWords' },
    { title: 'too many sources', json: article({ sources: new Array(21).fill({ text: 'x' }) }), path: 'input.sources' },
    {
      title: 'a source of another scheme',
      json: article({ sources: [{ url: 'ftp://x' }] }),
      path: 'input.sources[0].url',
    },
    {
      title: 'a source with credentials',
      json: article({ sources: [{ url: 'https://u:p@x.example' }] }),
      path: 'input.sources[0].url',
    },
    { title: 'an empty source', json: article({ sources: [{ text: ' ' }] }), path: 'input.sources[0].text' },
    {
      title: 'a source that is too long',
      json: article({ sources: [{ text: 'x'.repeat(400_001) }] }),
      path: 'input.sources[0].text',
    },
    { title: 'a language in words', json: article({ language: 'English' }), path: 'input.language' },
    { title: 'an empty keyword', json: article({ keywords: [''] }), path: 'input.keywords[0]' },
    { title: 'a NUL character', json: article({ topic: 'a\0bc' }), path: 'input.topic' },
    { title: 'an unpaired surrogate', json: article({ topic: 'abc\ud800' }), path: 'input.topic' },
    { title: 'a million list items', json: article({ sources: new Array(200_000).fill(1) }), path: 'input.sources' },
  ])('refuses $title, naming its place, and stores nothing', async ({ json, path }) => {
    const response = await post({ json });
    const { status, code, errors = [] } = await problemOf(response);
    expect({ status: response.status, code }).toEqual({ status: 400, code: 'VALIDATION_FAILED' });
    expect(status).toBe(400);
    expect(errors.map((fault) => fault.path)).toContain(path);
    expect(server.stores.submissions).toEqual([]);
  });

  const JSON_TYPE = { 'Content-Type': 'application/json' };
  it.each<{ title: string; options: CallOptions; status: number; code: string }>([
    {
      title: 'a body that is not JSON',
      options: { body: '{"type":', headers: JSON_TYPE },
      status: 400,
      code: 'MALFORMED_JSON',
    },
    { title: 'an empty body', options: { body: '', headers: JSON_TYPE }, status: 400, code: 'MALFORMED_JSON' },
    {
      title: 'bytes that are not UTF-8',
      options: { body: Buffer.from([0x22, 0xff, 0x22]), headers: JSON_TYPE },
      status: 400,
      code: 'MALFORMED_JSON',
    },
    {
      title: 'a body without a type',
      options: { body: Buffer.from('{}') },
      status: 415,
      code: 'UNSUPPORTED_MEDIA_TYPE',
    },
    {
      title: 'a form',
      options: { body: new URLSearchParams({ type: 'article' }) },
      status: 415,
      code: 'UNSUPPORTED_MEDIA_TYPE',
    },
    {
      title: 'another charset',
      options: { body: '{}', headers: { 'Content-Type': 'application/json; charset=latin1' } },
      status: 415,
      code: 'UNSUPPORTED_MEDIA_TYPE',
    },
    {
      title: 'a compressed body',
      options: { body: '{}', headers: { ...JSON_TYPE, 'Content-Encoding': 'gzip' } },
      status: 415,
      code: 'UNSUPPORTED_MEDIA_TYPE',
    },
    {
      title: 'a name that reaches into the prototype',
      options: { body: '{"type":"article","input":{"topic":"abc","__proto__":{"x":1}}}', headers: JSON_TYPE },
      status: 400,
      code: 'VALIDATION_FAILED',
    },
    {
      title: 'nesting a hundred thousand deep',
      options: { body: '['.repeat(100_000) + ']'.repeat(100_000), headers: { ...JSON_TYPE, 'Idempotency-Key': 'k' } },
      status: 400,
      code: 'VALIDATION_FAILED',
    },
  ])('refuses $title', async ({ options, status, code }) => {
    const response = await post(options);
    expect({ status: response.status, code: (await problemOf(response)).code }).toEqual({ status, code });
    expect(server.stores.submissions).toEqual([]);
  });

  it('takes a charset of UTF-8', async () => {
    const headers = { 'Content-Type': 'application/json; charset=UTF-8' };
    expect((await post({ body: JSON.stringify(A_TASK), headers })).status).toBe(202);
  });

  describe('with a body over 2 MB', () => {
    const tooMuch = 'x'.repeat(3 * 1024 * 1024);

    it('answers 413 when the length was declared', async () => {
      const response = await post({ body: tooMuch, headers: JSON_TYPE });
      expect(response.status).toBe(413);
      expect(await problemOf(response)).toMatchObject({ code: 'BODY_TOO_LARGE' });
    });

    it('answers 413 when it was not, and the connection can carry the next request', async () => {
      const body = new Blob([tooMuch]).stream();
      const response = await server.call('/v1/tasks', {
        method: 'POST',
        body,
        headers: JSON_TYPE,
        duplex: 'half',
      });
      expect(response.status).toBe(413);
      await response.json();
      expect((await post({ json: A_TASK })).status).toBe(202);
    });
  });
});
