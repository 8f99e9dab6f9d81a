import { describe, expect, it } from 'vitest';

import {
  findProductionPackages,
  judgeInstallScripts,
  judgeLicences,
  type InstalledPackage,
  type Lockfile,
} from './judge-packages.ts';

const lockfile: Lockfile = {
  importers: {
    '.': { dependencies: { tool: { version: '1.0.0' } } },
    'apps/one': {
      dependencies: {
        '@pressroom/two': { version: 'link:../../packages/two' },
        framework: { version: '2.0.0(peer@1.0.0)' },
        alias: { version: 'renamed@3.0.0' },
      },
    },
    'packages/two': { optionalDependencies: { '@scope/native': { version: '1.0.0' } } },
    bench: { dependencies: { tool: { version: '1.0.0' } } },
  },
  packages: {
    'framework@2.0.0': {},
    'peer@1.0.0': {},
    'renamed@3.0.0': {},
    '@scope/native@1.0.0': { os: ['darwin'] },
    'tool@1.0.0': {},
  },
  snapshots: {
    'framework@2.0.0(peer@1.0.0)': { dependencies: { peer: '1.0.0' } },
    // A circle, as the registry has many.
    'peer@1.0.0': { dependencies: { framework: '2.0.0(peer@1.0.0)' } },
    'renamed@3.0.0': {},
    '@scope/native@1.0.0': {},
    'tool@1.0.0': {},
  },
};

const aPackage = (key: string, facts: Partial<InstalledPackage> = {}): InstalledPackage => {
  const at = key.lastIndexOf('@');
  return { name: key.slice(0, at), version: key.slice(at + 1), licence: 'MIT', installScripts: [], ...facts };
};
const installed = ['framework@2.0.0', 'peer@1.0.0', 'renamed@3.0.0', 'tool@1.0.0'].map((key) => aPackage(key));
const withLicence = (key: string, licence: string | undefined) => [
  ...installed.filter(({ name, version }) => `${name}@${version}` !== key),
  aPackage(key, { licence }),
];

describe('findProductionPackages', () => {
  it('follows what apps and packages need, and leaves tools out', () => {
    expect(findProductionPackages(lockfile)).toEqual([
      '@scope/native@1.0.0',
      'framework@2.0.0',
      'peer@1.0.0',
      'renamed@3.0.0',
    ]);
  });
});

describe('judgeLicences', () => {
  it('accepts permissive licences, and packages of other platforms that are not installed', () => {
    expect(judgeLicences(lockfile, installed, {})).toEqual([]);
  });

  it.each(['(MIT OR GPL-3.0-only)', 'MIT AND ISC', 'Apache-2.0', '0BSD', 'BlueOak-1.0.0', 'PostgreSQL'])(
    'accepts %s',
    (licence) => {
      expect(judgeLicences(lockfile, withLicence('peer@1.0.0', licence), {})).toEqual([]);
    },
  );

  it.each([
    'GPL-3.0-only',
    'MIT AND AGPL-3.0-or-later',
    'LGPL-3.0-or-later',
    'SSPL-1.0',
    'SEE LICENSE IN LICENSE',
    'UNLICENSED',
    '',
    undefined,
  ])('refuses %s in a production package', (licence) => {
    expect(judgeLicences(lockfile, withLicence('peer@1.0.0', licence), {})).toEqual([
      expect.stringContaining('peer@1.0.0: licence'),
    ]);
  });

  it('does not judge the licences of tools', () => {
    expect(judgeLicences(lockfile, withLicence('tool@1.0.0', 'GPL-3.0-only'), {})).toEqual([]);
  });

  it('accepts an exception, and refuses one without use', () => {
    const exceptions = { peer: 'its reason' };
    expect(judgeLicences(lockfile, withLicence('peer@1.0.0', undefined), exceptions)).toEqual([]);
    expect(judgeLicences(lockfile, installed, { ...exceptions, gone: 'its reason' })).toEqual([
      expect.stringMatching(/^peer: has an exception/),
      expect.stringMatching(/^gone: has an exception/),
    ]);
  });

  it('reports a production package that is missing for no reason of platform', () => {
    expect(judgeLicences(lockfile, installed.slice(1), {})).toEqual([
      'framework@2.0.0: is not installed; run npm run setup',
    ]);
  });
});

describe('judgeInstallScripts', () => {
  const scripted = [...installed, aPackage('native@1.0.0', { installScripts: ['postinstall'] })];

  it('reports a package that runs a script and is not listed', () => {
    expect(judgeInstallScripts(lockfile, scripted, {})).toEqual([
      expect.stringMatching(/^native@1\.0\.0: has install scripts \(postinstall\) and is not in allowBuilds/),
    ]);
  });

  it('accepts a listed package whether its scripts are allowed or denied, and reports one that is gone', () => {
    const known = [...installed, aPackage('tool@1.0.0', { installScripts: ['install'] })];
    expect(judgeInstallScripts(lockfile, known, { tool: true })).toEqual([]);
    expect(judgeInstallScripts(lockfile, known, { tool: false })).toEqual([]);
    expect(judgeInstallScripts(lockfile, known, { tool: true, '@scope/gone': true })).toEqual([
      expect.stringMatching(/^@scope\/gone: .*no longer in pnpm-lock\.yaml/),
    ]);
  });
});
