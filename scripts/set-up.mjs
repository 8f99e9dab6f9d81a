// Installs packages and generates the Prisma client when they are missing or out of date. Stamps make the second time
// free; a lock makes it safe that several commands start at once. No dependencies: see launch.mjs.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { fetchPinnedPnpm } from './pinned-pnpm.mjs';
import { runWithProgress } from './run-with-progress.mjs';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
export class SetUpError extends Error {}

const INSTALL_STAMP = join(root, 'node_modules', '.pressroom-installed');
const SCHEMA = join(root, 'prisma', 'schema.prisma');
const GENERATED = join(root, 'packages', 'db', 'src', 'generated');
const MIN_NODE = [22, 18];

/** Makes the checkout ready and answers the path of the Node to run it on. */
export async function setUp({ command }) {
  const installed = hashOf(installInputs());
  const generated = hashOf([SCHEMA, join(root, 'pnpm-lock.yaml')]);
  const isReady = () => readStamp(INSTALL_STAMP) === installed && readStamp(join(GENERATED, '.stamp')) === generated;
  if (!isReady()) {
    await withLock(async () => {
      if (readStamp(INSTALL_STAMP) !== installed) await install(command, installed);
      if (readStamp(join(GENERATED, '.stamp')) !== generated) generateClient(command, generated);
    });
  }
  return chooseNode();
}

async function install(command, stamp) {
  say('Installing packages (only needed once; about a minute, longer on a slow network) …');
  const env = { ...process.env, NODE_ENV: 'development', CI: 'true' };
  if (!isWritable(env.HOME)) env.HOME = join(root, '.pressroom', 'tool-home');
  mkdirSync(env.HOME, { recursive: true });
  let pnpm;
  try {
    pnpm = fetchPinnedPnpm(env);
  } catch (error) {
    throw new SetUpError(`Set-up failed: ${error.message}`);
  }
  const args = ['--yes', '--package', pnpm, 'pnpm', 'install', '--frozen-lockfile', '--prod=false'];
  const line = `npx ${args.join(' ')}`;
  const { status, output } = await runWithProgress('npx', args, { cwd: root, env, say });
  if (status !== 0) {
    throw new SetUpError(
      `Set-up failed: "${line}" ended with code ${status}. The end of its output:\n\n${tail(output)}\n\n` +
        'It needs the npm registry (npm config get registry) and a writable home directory. ' +
        `When that is settled, run "npm ${command === 'start' || command === 'test' ? '' : 'run '}${command}" again; it continues where it stopped.`,
    );
  }
  writeFileSync(INSTALL_STAMP, stamp);
}

function generateClient(command, stamp) {
  const prisma = join(root, 'packages', 'db', 'node_modules', 'prisma', 'build', 'index.js');
  // Prisma wants to download an engine even where none is used; pointing it to any program prevents that.
  const noEngine = ['/bin/true', '/usr/bin/true'].find((path) => existsSync(path)) ?? process.execPath;
  const env = {
    ...process.env,
    PRISMA_SCHEMA_ENGINE_BINARY: noEngine,
    PRISMA_HIDE_UPDATE_MESSAGE: '1',
    CHECKPOINT_DISABLE: '1',
  };
  const { status, output } = capture(chooseNode(), [prisma, 'generate', '--schema', SCHEMA], env);
  if (status !== 0)
    throw new SetUpError(`Set-up failed: "prisma generate" ended with code ${status}:\n\n${tail(output)}`);
  writeFileSync(join(GENERATED, '.stamp'), stamp);
}

/** The Node that came with the packages where it runs here (it needs glibc), else the system's if it is new enough. */
function chooseNode() {
  const pinned = join(root, 'node_modules', 'node', 'bin', 'node');
  const version = process.versions.node.split('.').map(Number);
  if (version[0] === pinnedMajor(pinned)) return process.execPath;
  if (existsSync(pinned) && spawnSync(pinned, ['--version']).status === 0) return pinned;
  if (version[0] > MIN_NODE[0] || (version[0] === MIN_NODE[0] && version[1] >= MIN_NODE[1])) return process.execPath;
  throw new SetUpError(
    `Node ${process.versions.node} is too old and the Node that comes with the packages does not run on this machine. ` +
      `Install Node ${MIN_NODE.join('.')} or newer.`,
  );
}

function pinnedMajor(pinned) {
  const manifest = join(dirname(dirname(pinned)), 'package.json');
  return existsSync(manifest) ? Number(JSON.parse(readFileSync(manifest, 'utf8')).version.split('.')[0]) : undefined;
}

function installInputs() {
  const members = ['apps', 'packages'].flatMap((group) =>
    readdirSync(join(root, group)).map((name) => join(root, group, name, 'package.json')),
  );
  const others = [
    'package.json',
    'pnpm-lock.yaml',
    'pnpm-workspace.yaml',
    'bench/package.json',
    'scripts/package.json',
    'test/package.json',
  ];
  return [...members, ...others.map((name) => join(root, name))].filter((path) => existsSync(path)).sort();
}

function hashOf(paths) {
  const hash = createHash('sha256').update(`${root} ${process.platform} ${process.arch}`);
  for (const path of paths) hash.update(`${path}\0`).update(readFileSync(path));
  return hash.digest('hex');
}

/** One set-up at a time per checkout; a lock left by a killed one is taken over. */
async function withLock(work) {
  const id = createHash('sha256').update(root).digest('hex').slice(0, 12);
  const lock = join(tmpdir(), `pressroom-set-up-${id}.lock`);
  for (let announced = false; !tryLock(lock);) {
    if (!announced) say('Waiting for another set-up of this checkout …');
    announced = true;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  try {
    await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

function tryLock(lock) {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
  const owner = Number(readStamp(lock));
  if (owner > 0 && !isAlive(owner)) rmSync(lock, { force: true });
  return false;
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function isWritable(directory) {
  try {
    accessSync(directory, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function readStamp(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

function capture(program, args, env) {
  const { status, error, stdout, stderr } = spawnSync(program, args, {
    cwd: root,
    env,
    encoding: 'utf8',
    maxBuffer: 64_000_000,
  });
  return { status: status ?? -1, output: `${stdout ?? ''}${stderr ?? ''}${error ? error.message : ''}` };
}

const tail = (text) => text.trimEnd().split('\n').slice(-15).join('\n');

// To stderr: a command's stdout may be read by a program.
const say = (text) => process.stderr.write(`${text}\n`);
