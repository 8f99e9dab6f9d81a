// The pnpm that package.json pins, verified by its hash before anything of it runs. No dependencies: see launch.mjs.
// `node scripts/pinned-pnpm.mjs` prints the path of the verified package.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Reads `name@version+sha512.hex`, the form that Corepack defined. */
export function parsePin(packageManager) {
  const match = /^(pnpm@(\d+\.\d+\.\d+))\+sha512\.([0-9a-f]{128})$/.exec(packageManager ?? '');
  if (!match) throw new Error('packageManager in package.json must be pnpm@x.y.z+sha512.<128 hexadecimal digits>');
  return { spec: match[1], version: match[2], sha512: match[3] };
}

/** @throws {Error} when the package's content is not the pinned one */
export function verify(path, { spec, sha512 }) {
  const found = createHash('sha512').update(readFileSync(path)).digest('hex');
  if (found === sha512) return;
  throw new Error(
    `the package ${spec} that the registry serves has the hash ${found.slice(0, 16)}…, pinned is ${sha512.slice(0, 16)}…: ` +
      'do not install from this registry (npm config get registry)',
  );
}

/** The path of the verified package, fetched from the registry the first time. */
export function fetchPinnedPnpm(env = process.env) {
  const pin = parsePin(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).packageManager);
  const directory = join(root, 'node_modules', '.cache', 'pressroom');
  const path = join(directory, `pnpm-${pin.version}.tgz`);
  if (!existsSync(path)) {
    mkdirSync(directory, { recursive: true });
    const draft = mkdtempSync(join(directory, 'pnpm-'));
    try {
      const args = ['pack', pin.spec, '--silent', '--ignore-scripts', '--pack-destination', draft];
      const { status, stderr, error } = spawnSync('npm', args, { cwd: draft, env, encoding: 'utf8' });
      const [file] = readdirSync(draft);
      if (status !== 0 || !file) throw new Error(`npm pack ${pin.spec} failed: ${stderr || (error?.message ?? '')}`);
      verify(join(draft, file), pin);
      renameSync(join(draft, file), path);
    } finally {
      rmSync(draft, { recursive: true, force: true });
    }
  }
  verify(path, pin);
  return path;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    process.stdout.write(`${fetchPinnedPnpm()}\n`);
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}
