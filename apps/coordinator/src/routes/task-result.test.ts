import { TaskResult, type Problem } from '@pressroom/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { startTestServer, type TestServer } from '../testing/start-test-server.ts';

let server: TestServer;
let id: string;
beforeEach(async () => {
  server = await startTestServer();
  id = await server.submit();
});
afterEach(() => server.close());

const result = (options: { query?: string; accept?: string } = {}) =>
  server.call(`/v1/tasks/${id}/result${options.query ?? ''}`, {
    ...(options.accept !== undefined && { headers: { Accept: options.accept } }),
  });
const codeOf = async (response: Response) => ((await response.json()) as Problem).code;

/** Everything the article's steps make, short of the last. */
function makeDrafts(): void {
  const { setOutput } = server.stores;
  setOutput(id, 'research', {
    questions: [],
    sources: [{ id: 1, title: 'Log', text: 'The lamp was lit in 1759.' }],
    notes: [],
    contradictions: [],
    gaps: [],
  });
  setOutput(id, 'outline', {
    title: 'Lighthouses',
    leadWords: 10,
    sections: [{ heading: 'Fires', purpose: 'p', points: [], noteIds: [], words: 10 }],
  });
  setOutput(id, 'draft-lead', { part: 'lead', markdown: 'A lead.', words: 2 });
  setOutput(id, 'draft-1', { part: 1, markdown: 'The lamp was lit in 1759 [1].', words: 6 });
}

describe('GET /v1/tasks/{id}/result', () => {
  it('answers 409 before the end', async () => {
    makeDrafts();
    const response = await result();
    expect(response.status).toBe(409);
    expect(await codeOf(response)).toBe('TASK_NOT_FINISHED');
  });

  it('assembles the available outputs when a partial result is requested', async () => {
    expect(await codeOf(await result({ query: '?partial=true' }))).toBe('TASK_NOT_FINISHED');
    makeDrafts();
    const response = await result({ query: '?partial=true' });
    expect(response.status).toBe(200);
    expect(TaskResult.parse(await response.json())).toMatchObject({ title: 'Lighthouses' });
  });

  it('serves the newer state when an open task changes while its partial result is read', async () => {
    makeDrafts();
    const { queries } = server.stores.ports;
    const header = await queries.resultHeader(id, null);
    queries.resultHeader = () => {
      server.stores.patchTask(id, { status: 'awaiting_approval' });
      return Promise.resolve(header);
    };
    expect((await result({ query: '?partial=true' })).status).toBe(200);
  });

  it('refuses a finished result whose task is retried while it is read, since its tag names another document', async () => {
    makeDrafts();
    server.stores.finish(id, 'completed');
    const { queries } = server.stores.ports;
    const header = await queries.resultHeader(id, null);
    queries.resultHeader = () => Promise.resolve(header && { ...header, generation: header.generation + 1 });
    expect((await result()).status).toBe(503);
  });

  it.each(['completed', 'partial'] as const)('answers the document of a task that ended %s', async (status) => {
    makeDrafts();
    server.stores.finish(id, status);
    const response = await result();
    expect(response.headers.get('vary')).toContain('Accept,');
    const document = TaskResult.parse(await response.json());
    expect(document.simulated).toBe(true);
    expect(document.markdown).toContain('# Lighthouses');
    expect(document.sections.map(({ heading }) => heading)).toEqual(['Fires']);
  });

  it('answers 409 for a task that was cancelled', async () => {
    server.stores.finish(id, 'cancelled');
    const response = await result();
    expect(response.status).toBe(409);
    expect(await codeOf(response)).toBe('CONFLICT');
  });

  it.each(['', '?partial=true'])('answers the error of a task that failed as a problem%s', async (query) => {
    server.stores.finish(id, 'failed');
    const error = { code: 'NO_USABLE_SOURCE', message: 'no given source could be used' };
    server.stores.patchTask(id, { error });
    const response = await result({ query });
    expect(response.status).toBe(409);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    expect(await response.json()).toMatchObject({
      type: '/docs#TASK_FAILED',
      title: 'Task failed',
      status: 409,
      code: 'TASK_FAILED',
      detail: 'the task failed and has no result: NO_USABLE_SOURCE: no given source could be used',
      error,
    });
  });

  it('serves Markdown', async () => {
    makeDrafts();
    server.stores.finish(id);
    const response = await result({ accept: 'text/markdown' });
    expect(response.headers.get('content-type')).toBe('text/markdown; charset=utf-8');
    expect(await response.text()).toMatch(/^<!-- pressroom: simulated -->[^]*# Lighthouses/);
  });

  it('serves HTML that can neither load nor run anything', async () => {
    makeDrafts();
    server.stores.setOutput(id, 'draft-lead', {
      part: 'lead',
      markdown: 'A <script>alert(1)</script> lead.',
      words: 2,
    });
    server.stores.finish(id);
    const response = await result({ accept: 'text/html,application/xhtml+xml,*/*;q=0.8' });
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-/);
    const html = await response.text();
    expect(html).not.toContain('<script');
    expect(html).toContain('Simulated: ');
  });

  it('serves other task types in the same envelope, with what they say as data', async () => {
    const response = await server.call('/v1/tasks', {
      method: 'POST',
      json: {
        type: 'rewrite',
        input: { text: 'Das Haus und der Baum sind mit dem Geld von der Stadt gebaut.', tone: 'knapp' },
      },
    });
    id = ((await response.json()) as { id: string }).id;
    const markdown = 'Das Geld für das Haus und den Baum kam von der Stadt, und das ist nicht von heute.';
    server.stores.setOutput(id, 'rewrite', { title: 'Das Haus', markdown, rounds: 0 });
    server.stores.finish(id);
    const document = TaskResult.parse(await (await result()).json());
    expect(document).toMatchObject({ title: 'Das Haus', sections: [], sources: [], data: { text: markdown } });
    expect(await (await result({ accept: 'text/html' })).text()).toContain('<html lang="de">');
  });

  it('does not call a real text simulated', async () => {
    makeDrafts();
    server.stores.patchTask(id, { simulated: false });
    server.stores.finish(id);
    expect(await (await result({ accept: 'text/html' })).text()).not.toContain('Simulated');
    expect(await (await result({ accept: 'text/markdown' })).text()).toMatch(/^# Lighthouses/);
  });

  it('answers 406 for a form it has not', async () => {
    const response = await result({ accept: 'application/pdf' });
    expect(response.status).toBe(406);
    expect(await codeOf(response)).toBe('NOT_ACCEPTABLE');
  });

  it('answers 400 for a flag that is none', async () => {
    expect((await result({ query: '?partial=yes' })).status).toBe(400);
  });
});

describe('the result of an earlier generation', () => {
  beforeEach(() => {
    makeDrafts();
    server.stores.finish(id, 'completed');
    server.stores.startNextGeneration(id);
  });

  it.each(['application/json', 'text/markdown', 'text/html'])('is served as %s', async (accept) => {
    const response = await result({ query: '?generation=1', accept });
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('Lighthouses');
  });

  it.each([
    ['queued', 409, 'TASK_NOT_FINISHED'],
    ['cancelled', 409, 'CONFLICT'],
    ['failed', 409, 'TASK_FAILED'],
    ['completed', 409, 'CONFLICT'],
  ] as const)('is named while the task is %s and has no result now', async (status, http, code) => {
    server.stores.patchTask(id, { status });
    const response = await result();
    expect(response.status).toBe(http);
    expect(await response.json()).toMatchObject({
      code,
      resultGenerations: [1],
      detail: expect.stringContaining('generation 1 has one: add ?generation=1') as string,
    });
  });

  it('answers 404 for a generation that has none, and 400 for what is no generation', async () => {
    const response = await result({ query: '?generation=7' });
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ resultGenerations: [1] });
    for (const generation of ['0', '-1', 'x', '1.5', '']) {
      expect((await result({ query: `?generation=${generation}` })).status).toBe(400);
    }
  });

  it('is gone with the content of the task', async () => {
    server.stores.finish(id, 'cancelled');
    const deleted = await server.call(`/v1/tasks/${id}`, { method: 'DELETE', as: 'operate' });
    expect(deleted.status).toBe(204);
    expect((await result({ query: '?generation=1' })).status).toBe(404);
  });
});
