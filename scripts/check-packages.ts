/** `licences` or `install-scripts` of the packages in `pnpm-lock.yaml`: part of `npm run check`. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { parse } from 'yaml';

import {
  judgeInstallScripts,
  judgeLicences,
  type InstalledPackage,
  type LicenceExceptions,
  type Lockfile,
} from './judge-packages.ts';

const ROOT = join(import.meta.dirname, '..');
const STORE = join(ROOT, 'node_modules/.pnpm');
const INSTALL_SCRIPTS = ['preinstall', 'install', 'postinstall'];

const LICENCE_EXCEPTIONS: LicenceExceptions = {
  '@visx/vendor': 'its manifest says "MIT and ISC", which is no SPDX expression; both are permissive',
  elkjs: 'EPL-2.0; used unmodified by the browser UI that the prisma command brings, which no process loads',
  'seq-queue': 'its manifest states none; its LICENSE file is the MIT licence',
};

const readYaml = (file: string): unknown => parse(readFileSync(join(ROOT, file), 'utf8'));

interface Manifest {
  name: string;
  version: string;
  license?: string | { type?: string };
  licenses?: { type?: string }[];
  scripts?: Record<string, string>;
}

function readInstalledPackages(): InstalledPackage[] {
  const directories = readdirSync(STORE).flatMap((entry) => {
    const modules = join(STORE, entry, 'node_modules');
    if (entry === 'node_modules' || !existsSync(modules)) return [];
    return readdirSync(modules, { withFileTypes: true }).flatMap((child) => {
      // Links lead to packages with entries of their own.
      if (!child.isDirectory()) return [];
      const path = join(modules, child.name);
      if (!child.name.startsWith('@')) return [path];
      const scoped = readdirSync(path, { withFileTypes: true }).filter((inner) => inner.isDirectory());
      return scoped.map((inner) => join(path, inner.name));
    });
  });
  return directories.flatMap((directory) => {
    const file = join(directory, 'package.json');
    return existsSync(file) ? [describe(directory, JSON.parse(readFileSync(file, 'utf8')) as Manifest)] : [];
  });
}

function describe(directory: string, manifest: Manifest): InstalledPackage {
  const { name, version, license, licenses, scripts = {} } = manifest;
  const stated = typeof license === 'string' ? license : license?.type;
  const listed = licenses?.map(({ type }) => type ?? 'NONE').join(' OR ');
  return {
    name,
    version,
    licence: stated ?? listed,
    installScripts: [
      ...INSTALL_SCRIPTS.filter((script) => scripts[script] !== undefined),
      ...(existsSync(join(directory, 'binding.gyp')) ? ['binding.gyp'] : []),
    ],
  };
}

const subject = process.argv[2];
const lockfile = readYaml('pnpm-lock.yaml') as Lockfile;
const installed = readInstalledPackages();
let problems: string[];
if (subject === 'licences') problems = judgeLicences(lockfile, installed, LICENCE_EXCEPTIONS);
else if (subject === 'install-scripts') {
  const { allowBuilds = {} } = readYaml('pnpm-workspace.yaml') as { allowBuilds?: Record<string, boolean> };
  problems = judgeInstallScripts(lockfile, installed, allowBuilds);
} else problems = ['usage: node scripts/check-packages.ts licences|install-scripts'];
for (const problem of problems) console.error(problem);
process.exitCode = problems.length === 0 ? 0 : 1;
