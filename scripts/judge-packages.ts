import satisfies from 'spdx-satisfies';

/** Licences that require no more than attribution, by their SPDX identifiers. */
const PERMISSIVE = [
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
  'ISC',
  'MIT',
  'MIT-0',
  'PostgreSQL',
  'Python-2.0',
  'Unlicense',
  'Zlib',
];

/** Packages (by name) whose manifest states no permissive licence, with the reason why they may be used. */
export type LicenceExceptions = Readonly<Record<string, string>>;

type Versions = Readonly<Record<string, string>>;

/** The parts of `pnpm-lock.yaml` (version 9) that are read here. */
export interface Lockfile {
  importers: Readonly<
    Record<
      string,
      { dependencies?: Record<string, { version: string }>; optionalDependencies?: Record<string, { version: string }> }
    >
  >;
  packages: Readonly<Record<string, { os?: string[]; cpu?: string[]; libc?: string[] }>>;
  snapshots: Readonly<Record<string, { dependencies?: Versions; optionalDependencies?: Versions }>>;
}

export interface InstalledPackage {
  name: string;
  version: string;
  /** SPDX expression of its manifest; `undefined` where it states none. */
  licence: string | undefined;
  /** Programs that run when it is installed: `preinstall`, `install`, `postinstall`, or `binding.gyp` for node-gyp. */
  installScripts: readonly string[];
}

/** `name@version` of everything that apps and packages need at run time, optional packages of other platforms included. */
export function findProductionPackages(lockfile: Lockfile): string[] {
  const found = new Set<string>();
  const pending = Object.entries(lockfile.importers)
    .filter(([directory]) => /^(apps|packages)\//.test(directory))
    .flatMap(([, { dependencies, optionalDependencies }]) =>
      Object.entries({ ...dependencies, ...optionalDependencies }).map(([name, { version }]) => toKey(name, version)),
    );
  for (let key = pending.pop(); key !== undefined; key = pending.pop()) {
    // Packages of this repository are importers themselves.
    if (key.includes('@link:') || found.has(key)) continue;
    found.add(key);
    const snapshot = lockfile.snapshots[key];
    if (snapshot === undefined) throw new Error(`pnpm-lock.yaml has no snapshot of ${key}`);
    for (const [name, version] of Object.entries({ ...snapshot.dependencies, ...snapshot.optionalDependencies }))
      pending.push(toKey(name, version));
  }
  return [...new Set([...found].map(withoutPeers))].sort();
}

/**
 * One line for each production package whose licence is not permissive, and for each exception without use.
 * Packages that are not installed pass only where the lockfile restricts them to certain platforms.
 */
export function judgeLicences(
  lockfile: Lockfile,
  installed: readonly InstalledPackage[],
  exceptions: LicenceExceptions,
): string[] {
  const production = findProductionPackages(lockfile);
  const byKey = new Map(installed.map((entry) => [`${entry.name}@${entry.version}`, entry]));
  const used = new Set<string>();
  const problems = production.flatMap((key) => {
    const entry = byKey.get(key);
    if (entry === undefined) {
      const { os, cpu, libc } = lockfile.packages[key] ?? {};
      return os || cpu || libc ? [] : [`${key}: is not installed; run npm run setup`];
    }
    if (isPermissive(entry.licence)) return [];
    if (exceptions[entry.name] !== undefined) {
      used.add(entry.name);
      return [];
    }
    return [
      `${key}: licence ${entry.licence ?? 'not stated'} is not known as permissive; use another package, or add an exception with a reason to scripts/check-packages.ts`,
    ];
  });
  const unused = Object.keys(exceptions).filter((name) => !used.has(name));
  return [
    ...problems,
    ...unused.map((name) => `${name}: has an exception that nothing needs; remove it from scripts/check-packages.ts`),
  ];
}

/** One line for each package with install scripts that `allowBuilds` does not list, and for each listed one that is gone. */
export function judgeInstallScripts(
  lockfile: Lockfile,
  installed: readonly InstalledPackage[],
  allowBuilds: Readonly<Record<string, boolean>>,
): string[] {
  const unlisted = installed
    .filter(({ name, installScripts }) => installScripts.length > 0 && allowBuilds[name] === undefined)
    .map(
      ({ name, version, installScripts }) =>
        `${name}@${version}: has install scripts (${installScripts.join(', ')}) and is not in allowBuilds of pnpm-workspace.yaml; list it with false, or with true once its scripts are reviewed`,
    );
  const names = new Set(Object.keys(lockfile.packages).map((key) => key.slice(0, key.lastIndexOf('@'))));
  const gone = Object.keys(allowBuilds)
    .filter((name) => !names.has(name))
    .map((name) => `${name}: is in allowBuilds of pnpm-workspace.yaml and no longer in pnpm-lock.yaml; remove it`);
  return [...unlisted.sort(), ...gone];
}

function isPermissive(licence: string | undefined): boolean {
  if (licence === undefined) return false;
  try {
    return satisfies(licence, PERMISSIVE);
  } catch {
    // No SPDX expression: `SEE LICENSE IN …`, `UNLICENSED`.
    return false;
  }
}

/** An alias is locked as `other@1.2.3`, everything else as its version. */
const toKey = (name: string, version: string): string => (/^@?[^@(:]+@/.test(version) ? version : `${name}@${version}`);

/** `a@1.0.0(b@2.0.0)` is `a@1.0.0` installed beside a certain `b`. */
const withoutPeers = (key: string): string => key.replace(/\(.*$/, '');
