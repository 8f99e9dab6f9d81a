#!/usr/bin/env node
// Behind every `npm run …`: makes a bare checkout ready (packages, Prisma client), then runs the command on the pinned
// Node. Plain JavaScript without dependencies, because it runs before anything is installed, on any Node from 18.
import { spawn } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';

import { root, setUp, SetUpError } from './set-up.mjs';

/** What each command runs: a TypeScript program, or a tool from node_modules/.bin; the user's arguments follow. */
const COMMANDS = {
  // The supervisor and its processes collect what only their start needed.
  start: { program: 'apps/supervisor/src/main.ts', flags: ['--expose-gc'], env: { MALLOC_ARENA_MAX: '2' } },
  demo: { program: 'apps/supervisor/src/main.ts', args: ['--run', 'apps/cli/src/demo.ts', '--'] },
  test: { program: 'scripts/test.ts' },
  'test:faults': { program: 'scripts/test.ts', args: ['--faults'] },
  'test:chaos': { program: 'scripts/test.ts', args: ['--chaos'] },
  check: { program: 'scripts/check.ts' },
  bench: { program: 'bench/main.ts' },
  eval: { program: 'bench/evaluation/main.ts' },
  'db:migrate': { program: 'scripts/db-migrate.ts' },
  'db:author': { program: 'scripts/author-migration.ts' },
  golden: { program: 'scripts/golden.ts' },
  format: { program: 'node_modules/prettier/bin/prettier.cjs', args: ['--write', '--log-level', 'warn', '.'] },
  setup: undefined,
  pressroom: { program: 'apps/cli/src/main.ts', cwd: process.cwd() },
};

// Started as `pressroom`, every argument is the command line's own.
const [name = '', ...args] = isPressroom(process.argv[1])
  ? ['pressroom', ...process.argv.slice(2)]
  : process.argv.slice(2);
if (!Object.hasOwn(COMMANDS, name)) {
  console.error(`usage: node scripts/launch.mjs <${Object.keys(COMMANDS).join('|')}> [arguments]`);
  process.exit(2);
}

try {
  const node = await setUp({ command: name });
  const command = COMMANDS[name];
  if (command) run(node, command);
} catch (error) {
  if (!(error instanceof SetUpError)) throw error;
  console.error(`\n${error.message}`);
  process.exit(1);
}

function run(node, command) {
  const program = join(root, command.program);
  if (!existsSync(program)) {
    console.error(`npm run ${name}: ${command.program} does not exist in this checkout`);
    process.exit(1);
  }
  const path = [join(root, 'node_modules', '.bin'), process.env.PATH].filter(Boolean).join(':');
  const child = spawn(node, [...(command.flags ?? []), program, ...(command.args ?? []), ...args], {
    cwd: command.cwd ?? root,
    // The channel closes when this process ends, even if it was killed; the child notices.
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    // Compiled and type-stripped sources: a process that finds them loads no TypeScript compiler (14 MB).
    env: {
      ...command.env,
      NODE_COMPILE_CACHE: join(root, 'node_modules', '.cache', 'pressroom-compile'),
      ...process.env,
      PATH: path,
    },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  stopWithNpm(() => child.kill('SIGTERM'));
  child.on('error', (error) => {
    console.error(`cannot run ${node}: ${error.message}`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + ({ SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 }[signal] ?? 0);
    process.disconnect?.();
    process.exit();
  });
}

/** npm runs a package's command through a link. */
function isPressroom(path) {
  return realpathSync(path) === join(root, 'scripts', 'pressroom.mjs');
}

/** npm does not pass on its own death: when it was killed, this process gets a new parent. */
function stopWithNpm(stop) {
  if (process.env.npm_lifecycle_event === undefined || process.platform === 'win32') return;
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    stop();
  }, 1_000);
  watch.unref();
}
