import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { arch, cpus, platform, release, totalmem } from 'node:os';

export interface Machine {
  cpu: string;
  cores: number;
  memoryGiB: number;
  system: string;
  node: string;
  redis: string;
  /** File system of the stores' files. */
  disk: string;
}

export function describeMachine(storesDir: string): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${arch()} ${release()}`,
    node: process.version,
    redis: /v=(\S+)/.exec(run('redis-server', ['--version']))?.[1] ?? 'not installed',
    disk: run('df', ['--output=fstype', storesDir]).split('\n')[1]?.trim() ?? 'unknown',
  };
}

/** Name and installed version of every dependency in a manifest. */
export function installedVersions(manifestDir: string): Record<string, string> {
  const manifest = JSON.parse(readFileSync(`${manifestDir}/package.json`, 'utf8')) as {
    dependencies: Record<string, string>;
  };
  return Object.fromEntries(
    Object.keys(manifest.dependencies).map((name) => {
      const installed = JSON.parse(readFileSync(`${manifestDir}/node_modules/${name}/package.json`, 'utf8')) as {
        version: string;
      };
      return [name, installed.version];
    }),
  );
}

export function describeCommit(): string {
  try {
    const git = (...args: string[]): string => execFileSync('git', args, { encoding: 'utf8' }).trim();
    const isClean = git('status', '--porcelain', '--', ':!bench/results') === '';
    return `${git('rev-parse', '--short', 'HEAD')}${isClean ? '' : ' with local changes'}`;
  } catch {
    return 'unknown';
  }
}

function run(program: string, args: readonly string[]): string {
  try {
    return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return '';
  }
}
