import { ApiError, ConnectionError } from '@pressroom/client';
import { describe, expect, it } from 'vitest';

import { connect } from './connection.ts';
import { runPressroom } from './run-pressroom.ts';
import { aTask, anEvent, createFakeClient, createFakeTerminal, TASK_ID, type FakeApi } from './testing/fakes.ts';

async function run(
  line: string,
  options: { api?: Partial<FakeApi>; files?: Record<string, string>; stdin?: string } = {},
) {
  const { client, submitted } = createFakeClient(options.api);
  const fake = createFakeTerminal(options.files, options.stdin);
  const exitCode = await runPressroom(line === '' ? [] : line.split(' '), {
    connect: () => client,
    terminal: fake.terminal,
  });
  return { exitCode, submitted, stdout: fake.stdout(), stderr: fake.stderr() };
}

describe('pressroom', () => {
  it('submits a task from a file or from standard input, and prints its id', async () => {
    const body = '{"type":"article","input":{"topic":"Bees"}}';
    for (const line of ['submit task.json', 'submit -']) {
      const { exitCode, stdout, submitted } = await run(line, { files: { 'task.json': body }, stdin: body });
      expect({ exitCode, stdout, submitted }).toEqual({ exitCode: 0, stdout: TASK_ID, submitted: [JSON.parse(body)] });
    }
  });

  it.each(['--status queued --all', '0193e3a2-7f10-7c7e-9d33-000000000001 --all'])(
    'refuses %s: --all beside another choice would be ambiguous',
    async (choice) => {
      const { exitCode, stderr } = await run(`cancel-many ${choice}`);
      expect([exitCode, stderr]).toEqual([2, expect.stringContaining('give exactly one of filter, ids, or "all"')]);
    },
  );

  it('prints its release', async () => {
    const { exitCode, stdout } = await run('--version');
    expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/^\d+\.\d+\.\d+/)]);
  });

  it('submits an article from options', async () => {
    const { submitted, stdout } = await run('submit --topic Bees --sections 3 --json');
    expect(submitted).toEqual([{ type: 'article', input: { topic: 'Bees', sections: 3 } }]);
    expect(JSON.parse(stdout)).toMatchObject({ id: TASK_ID });
  });

  it('submits any task type by the fields of its input', async () => {
    const properties = { about: { type: 'string' }, lines: { type: 'integer' } };
    const taskType = { type: 'haiku', inputSchema: { type: 'object', properties } };
    const { submitted, stdout } = await run('submit --type haiku --about ferries --lines 3', { api: { taskType } });
    expect(submitted).toEqual([{ type: 'haiku', input: { about: 'ferries', lines: 3 } }]);
    expect(stdout).toBe(TASK_ID);
  });

  it('watches a task, one line or one JSON object an event', async () => {
    const api = { events: [anEvent(1, 'task.started'), anEvent(2, 'task.completed')] };
    expect((await run(`watch ${TASK_ID}`, { api })).stdout).toBe('   0.0s  task started\n   0.5s  task completed');
    const { stdout, exitCode } = await run(`watch ${TASK_ID} --json`, { api });
    expect(stdout.split('\n').map((line) => (JSON.parse(line) as { seq: number }).seq)).toEqual([1, 2]);
    expect(exitCode).toBe(0);
  });

  it('fails when the watched task does', async () => {
    const { exitCode, stderr } = await run(`watch ${TASK_ID}`, { api: { task: aTask({ status: 'failed' }) } });
    expect(exitCode).toBe(1);
    expect(stderr).toBe('The task failed');
  });

  it('prints a result as Markdown, HTML or JSON', async () => {
    expect((await run(`result ${TASK_ID}`)).stdout).toBe('# Lights\n\nText.');
    expect((await run(`result ${TASK_ID} --html`)).stdout).toBe('<html>');
    expect(JSON.parse((await run(`result ${TASK_ID} --json`)).stdout)).toMatchObject({ title: 'Lights' });
  });

  it('prints what a task cost', async () => {
    expect((await run(`cost ${TASK_ID}`)).stdout).toContain('Paid      $0.004200');
    expect(JSON.parse((await run(`cost ${TASK_ID} --json`)).stdout)).toMatchObject({ cost: { savedPercent: 60 } });
  });

  it('cancels a task and lists task types', async () => {
    expect((await run(`cancel ${TASK_ID}`)).stdout).toBe(`${TASK_ID} cancelled`);
    expect((await run('task-types')).stdout).toContain('article  An article.');
  });

  it.each([
    { line: '', says: 'Usage: pressroom COMMAND' },
    { line: 'sumbit', says: 'unknown command: sumbit' },
    { line: 'watch', says: 'which task? give its id' },
    { line: 'result a b', says: 'unexpected argument: b' },
    { line: 'cost a --csv', says: "Unknown option '--csv'" },
    { line: 'submit', says: 'give a JSON file' },
    { line: 'submit --type poem --topic x', says: 'unknown task type poem; known: article' },
    { line: 'submit --type', says: '--type needs a task type' },
    { line: 'submit gone.json', says: 'cannot read gone.json' },
    { line: 'submit -', says: 'standard input does not hold JSON' },
    { line: 'task-types article', says: 'unexpected argument: article' },
  ])('answers 2 for the command line "$line", with a reason', async ({ line, says }) => {
    const { exitCode, stderr, stdout } = await run(line);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain(says);
  });

  it.each(['--help', 'watch --help'])('explains itself: %s', async (line) => {
    expect(await run(line)).toMatchObject({ exitCode: 0, stderr: '' });
  });

  const problem = (status: number, code: 'UNAUTHENTICATED' | 'VALIDATION_FAILED' | 'NOT_FOUND') =>
    new ApiError({ type: '', title: code, status, code, detail: 'because' });

  it.each<{ title: string; error: Error; exitCode: number; says: string }>([
    {
      title: 'the server is away',
      error: new ConnectionError('no response from http://x'),
      exitCode: 1,
      says: 'Is Pressroom running there?',
    },
    { title: 'the key is wrong', error: problem(401, 'UNAUTHENTICATED'), exitCode: 1, says: 'PRESSROOM_API_KEY' },
    { title: 'the task is unknown', error: problem(404, 'NOT_FOUND'), exitCode: 1, says: 'NOT_FOUND: because' },
    {
      title: 'the input is wrong',
      error: problem(400, 'VALIDATION_FAILED'),
      exitCode: 2,
      says: 'VALIDATION_FAILED: because',
    },
  ])('says in one sentence that $title', async ({ error, exitCode, says }) => {
    const { terminal, stderr } = createFakeTerminal();
    const connectInVain = () => {
      throw error;
    };
    expect(await runPressroom(['task-types'], { connect: connectInVain, terminal })).toBe(exitCode);
    expect(stderr()).toContain(says);
  });
});

describe('retention', () => {
  it('shows what each rule would remove', async () => {
    const { terminal, stdout } = createFakeTerminal();
    const { client } = createFakeClient();
    expect(await runPressroom(['retention'], { connect: () => client, terminal })).toBe(0);
    expect(stdout()).toMatch(/event +7\.00 +1,200 +2026-03-01T10:00:00\.000Z +never +34,000/);
  });

  it('previews other settings than the configured ones, and names an invalid one', async () => {
    const { terminal, stderr } = createFakeTerminal();
    const { client } = createFakeClient();
    const asked: unknown[] = [];
    const connected = {
      ...client,
      retention: (changes?: unknown) => {
        asked.push(changes);
        return client.retention();
      },
    };
    const call = (...args: string[]) => runPressroom(['retention', ...args], { connect: () => connected, terminal });
    expect(await call('--with', 'contentDays=90', '--with', 'eventDays=null')).toBe(0);
    expect(asked).toEqual([{ contentDays: 90, eventDays: null }]);
    expect(await call('--with', 'contentDay=90')).not.toBe(0);
    expect(stderr()).toContain('contentDay is none of compactAfterMinutes, eventDays');
    expect(await call('--with', 'contentDays=soon')).not.toBe(0);
    expect(stderr()).toContain('contentDays: give a number or null');
  });
});

describe('connect', () => {
  it.each([
    { env: {}, says: 'set PRESSROOM_API_KEY' },
    { env: { PRESSROOM_API_KEY: ' ' }, says: 'set PRESSROOM_API_KEY' },
    { env: { PRESSROOM_API_KEY: 'k', PRESSROOM_URL: 'localhost:4400' }, says: 'PRESSROOM_URL must be an http(s) URL' },
  ])('says which variable is missing or wrong: $says', ({ env, says }) => {
    expect(() => connect(env)).toThrow(says);
  });
});
