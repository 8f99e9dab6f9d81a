import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const PEERS_DIR = join(import.meta.dirname, '..', 'peers');

/**
 * Installs the peers' locked packages into their own folder, if they are missing. No install scripts run.
 * @throws {Error} with the end of npm's output
 */
export function installPeers(): void {
  const lock = readFileSync(join(PEERS_DIR, 'package-lock.json'), 'utf8');
  const stamp = join(PEERS_DIR, 'node_modules', '.installed-lock.json');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  console.log('Installing the peers into bench/peers (only needed once) …');
  // `npm ci` rejects a lock without optional packages of other platforms that a registry does not have.
  const { status, stdout, stderr } = spawnSync(
    'npm',
    ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund'],
    {
      cwd: PEERS_DIR,
      encoding: 'utf8',
    },
  );
  if (status !== 0) throw new Error(`npm install in bench/peers failed:\n${`${stdout}${stderr}`.trim().slice(-1_500)}`);
  writeFileSync(stamp, lock);
}
