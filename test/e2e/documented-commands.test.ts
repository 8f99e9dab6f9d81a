import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { createClient } from '@pressroom/client';
import { findFreePort } from '@pressroom/runtime';
import { createTestDatabase, until, type TestDatabase } from '@pressroom/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { commandsIn, endpointsIn, jsonExamplesIn, type DocumentedCommand } from './support/markdown-commands.ts';

/*
 * Runs every command of the README, docs/ and the packages' READMEs as a reader would: page by page, top to bottom, in one
 * shell, with `npm start` running. Replaces the port, the state folder and the URL of the reader's database. Only checks the
 * existence of:
 *   - programs that serve until they are stopped (`node apps/…/main.ts`), except `npm start`, which the test itself runs;
 *   - scripts that run this very test or take long: those in LONG_SCRIPTS;
 *   - fences marked `long`, unless CI=true.
 */
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const LONG_SCRIPTS: ReadonlySet<string> = new Set([
  'test',
  'test:chaos',
  'test:faults',
  'check',
  'bench',
  'eval',
  'golden',
  'format',
  'db:author',
  'setup',
]);
const IS_CI = process.env['CI'] === 'true';
const START_TIMEOUT_MS = 240_000;
const PAGE_TIMEOUT_MS = IS_CI ? 600_000 : 240_000;
const run = promisify(execFile);

const listPages = async (): Promise<string[]> =>
  (await run('git', ['ls-files', '*.md'], { cwd: ROOT })).stdout
    .split('\n')
    // Changes and decisions contain no instructions.
    .filter((file) => file !== '' && file !== 'CHANGELOG.md' && !file.startsWith('docs/adr/'));
const pages = (await listPages()).map((file) => ({ file, text: readFileSync(join(ROOT, file), 'utf8') }));
const scripts = (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> })
  .scripts;

type Treatment = 'run' | 'script exists' | 'program exists' | 'started by this test';

function treatmentOf({ text, isLong }: DocumentedCommand): Treatment {
  const script = /(?:^|\s)npm (?:run )?([\w:]+)/.exec(text)?.[1];
  if (script === 'start') return 'started by this test';
  if (script !== undefined && LONG_SCRIPTS.has(script)) return 'script exists';
  if (/(?:^|[\s/])node \S+main\.ts/.test(text)) return 'program exists';
  if (isLong && !IS_CI) return script === undefined ? 'run' : 'script exists';
  return 'run';
}

describe('documentation', () => {
  it.each(pages.flatMap(({ file, text }) => jsonExamplesIn(file, text)))('JSON at $file:$line is valid', ({ text }) => {
    expect(() => JSON.parse(text) as unknown).not.toThrow();
  });

  it('names endpoints that exist', () => {
    const { paths } = JSON.parse(readFileSync(join(ROOT, 'docs/openapi.json'), 'utf8')) as {
      paths: Record<string, Record<string, unknown>>;
    };
    const known = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => ({
        method: method.toUpperCase(),
        // A page may name an id or a step where the route has a parameter.
        pattern: new RegExp(`^${path.replace(/\{[^}]*\}/g, '[^/]+')}$`),
      })),
    );
    const unknown = pages
      .filter(({ file }) => file !== 'apps/simulator/README.md') // speaks of the providers' own endpoints
      .flatMap(({ file, text }) =>
        endpointsIn(text)
          .filter(({ method, path }) => !known.some((route) => route.method === method && route.pattern.test(path)))
          .map(({ method, path }) => `${file}: ${method} ${path}`),
      );
    expect(unknown).toEqual([]);
  });

  it('names scripts and programs that exist', () => {
    for (const command of pages.flatMap(({ file, text }) => commandsIn(file, text))) {
      const where = `${command.file}:${command.line}: ${command.text}`;
      const script = /(?:^|\s)npm (?:run )?([\w:]+)/.exec(command.text)?.[1];
      if (script !== undefined && !['install', 'exec'].includes(script))
        expect(scripts, where).toHaveProperty([script]);
      const program = /(?:^|[\s/])node (\S+\.ts)/.exec(command.text)?.[1];
      if (program !== undefined) expect(existsSync(join(ROOT, program)), where).toBe(true);
    }
  });
});

describe('every documented command', () => {
  let home: string;
  let port: number;
  let system: ChildProcess;
  let output = '';
  let exited: Promise<number | null>;
  let database: TestDatabase;

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'pressroom-docs-'));
    port = await findFreePort();
    database = await createTestDatabase();
    const { PATH, HOME } = process.env;
    system = spawn('npm', ['start'], {
      cwd: ROOT,
      env: { PATH, HOME, PORT: String(port), PRESSROOM_HOME: home },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    exited = new Promise((resolve) => system.once('exit', resolve));
    for (const stream of [system.stdout, system.stderr]) {
      stream?.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
    }
    await until(async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).ok, {
      timeoutMs: START_TIMEOUT_MS,
      describe: `npm start: ${output}`,
    });
    await leaveDeadLetter(port, home);
  }, START_TIMEOUT_MS + 60_000);

  afterAll(async () => {
    system.kill('SIGINT');
    const code = await exited;
    await database.drop();
    rmSync(home, { recursive: true, force: true });
    expect([code, output.includes('is ready')]).toEqual([0, true]);
  }, 120_000);

  it.each(
    pages
      .map(({ file, text }) => ({ file, commands: commandsIn(file, text) }))
      .filter(({ commands }) => commands.length > 0),
  )(
    'of $file works as it stands',
    async ({ commands }) => {
      const script = [
        'set -euo pipefail',
        // Fails on a problem document, which a reader would see.
        'curl() { command curl --fail-with-body --silent --show-error --max-time 120 "$@"; }',
        ...commands
          .filter((command) => treatmentOf(command) === 'run')
          .flatMap(({ line, text }) => [`echo "::line ${line}" >&2`, localise(text), 'echo']),
      ].join('\n');
      const { PATH = '', HOME } = process.env;
      const ended = await run('bash', ['-c', script], {
        cwd: ROOT,
        timeout: PAGE_TIMEOUT_MS,
        maxBuffer: 16 * 1_024 * 1_024,
        env: {
          PATH: `${join(ROOT, 'node_modules/.bin')}:${PATH}`,
          HOME,
          PORT: String(port),
          PRESSROOM_HOME: home,
          PRESSROOM_URL: `http://127.0.0.1:${port}`,
        },
      }).catch((error: unknown) => error as { code: number; stdout: string; stderr: string });
      const { stdout, stderr } = ended;
      expect('code' in ended ? ended.code : 0, `${stdout.slice(-3_000)}\n${stderr.slice(-3_000)}`).toBe(0);
    },
    PAGE_TIMEOUT_MS + 10_000,
  );

  const localise = (command: string): string =>
    command
      .replaceAll('localhost:4400', `localhost:${port}`)
      .replaceAll('127.0.0.1:4400', `127.0.0.1:${port}`)
      .replaceAll('.pressroom/', `${home}/`)
      .replaceAll('postgresql://pressroom@localhost:5432/pressroom', database.url);
});

/** A task with a distinct failure, for the pages about failures. */
async function leaveDeadLetter(port: number, home: string): Promise<void> {
  const apiKey = readFileSync(join(home, 'admin-key'), 'utf8').trim();
  const client = createClient({ baseUrl: `http://127.0.0.1:${port}`, apiKey });
  const sources = [{ url: 'http://127.0.0.1:9/' }];
  const { id } = await client.tasks.create({ type: 'article', input: { topic: 'Why old towns plant trees', sources } });
  const task = await until(
    async () => ((await client.tasks.get(id)).finishedAt === null ? undefined : client.tasks.get(id)),
    {
      timeoutMs: 60_000,
      describe: `the end of task ${id}`,
    },
  );
  expect(task).toMatchObject({ status: 'failed', error: { code: 'NO_USABLE_SOURCE' } });
  expect(task.error?.message).toContain('is blocked by the egress guard');
}
