/** `npm run check`: everything that can be judged without running the system. Prints what failed and how to fix it. */
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

interface Check {
  name: string;
  program: string;
  args: string[];
  fix: string;
}

const require = createRequire(import.meta.url);
/** The file behind a tool's command, to run on this very Node. */
const tool = (packageName: string, command = packageName): string => {
  const manifest = join('node_modules', packageName, 'package.json');
  const { bin } = require(join('..', manifest)) as { bin: string | Record<string, string> };
  return join(dirname(manifest), typeof bin === 'string' ? bin : (bin[command] ?? ''));
};

/** Only what changed since the last run is checked again; the file is as good as the compiler's own cache. */
const INCREMENTAL = ['--incremental', '--tsBuildInfoFile', 'node_modules/.cache/check.tsbuildinfo'];

const CHECKS: Check[] = [
  { name: 'format', program: tool('prettier'), args: ['--check', '--log-level', 'warn', '.'], fix: 'npm run format' },
  {
    name: 'types',
    program: tool('typescript', 'tsc'),
    args: ['--project', '.', ...INCREMENTAL],
    fix: 'see the errors above',
  },
  {
    name: 'lint',
    program: tool('eslint'),
    args: ['.', '--max-warnings', '0'],
    fix: 'npx eslint . --fix, then by hand',
  },
  {
    name: 'boundaries',
    program: tool('dependency-cruiser', 'depcruise'),
    args: ['--config', '.dependency-cruiser.cjs', '--output-type', 'err', 'apps', 'packages'],
    fix: 'move the code to the package it belongs to; CONTRIBUTING.md has the rules',
  },
  {
    name: 'language',
    program: 'scripts/check-language.ts',
    args: [],
    fix: 'use the words that the lines name; docs/glossary.md has the terms',
  },
  { name: 'dead code', program: tool('knip'), args: ['--no-progress'], fix: 'remove what is listed, or import it' },
  {
    name: 'schema and migrations',
    program: 'scripts/author-migration.ts',
    args: ['--check'],
    fix: 'npm run db:author -- <name>',
  },
  {
    name: 'licences',
    program: 'scripts/check-packages.ts',
    args: ['licences'],
    fix: 'see the lines above; docs/security.md says what is accepted',
  },
  {
    name: 'install scripts',
    program: 'scripts/check-packages.ts',
    args: ['install-scripts'],
    fix: 'see the lines above; docs/security.md says what is accepted',
  },
  { name: 'generated files', program: 'scripts/golden.ts', args: ['--check'], fix: 'npm run golden' },
];
/** Type checking and typed linting each fill a core. */
const AT_ONCE = 2;

const only = process.argv.slice(2);
const queue = CHECKS.filter(({ name }) => only.length === 0 || only.includes(name));
const total = queue.length;
const failures: Check[] = [];
await Promise.all(Array.from({ length: AT_ONCE }, drain));

for (const { name, fix } of failures) console.log(`\n${name} failed. Fix: ${fix}`);
console.log(`${total - failures.length} passed, ${failures.length} failed`);
process.exitCode = failures.length === 0 ? 0 : 1;

async function drain(): Promise<void> {
  for (let check = queue.shift(); check; check = queue.shift()) {
    const startedMs = performance.now();
    const { ok, output } = await run(check);
    if (!ok) failures.push(check);
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
    console.log(`${ok ? 'ok  ' : 'FAIL'} ${check.name} (${seconds} s)`);
    if (!ok) console.log(output);
  }
}

function run({ program, args }: Check): Promise<{ ok: boolean; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.once('close', (code) => {
      resolve({ ok: code === 0, output });
    });
  });
}
