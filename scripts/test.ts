/**
 * `npm test [-- vitest arguments]` runs every test but the slow suites and ends with a line of counts. `--chaos` runs
 * the suite that kills processes and stores instead, `--faults` the one in which single parts hang, crash or are flooded.
 * Exit code 1 when anything failed.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { COUNTS_FILE_VARIABLE, type Counts } from './counts-reporter.ts';

const args = process.argv.slice(2);
/** Projects with a command of their own, which `npm test` leaves out. */
const SLOW = ['chaos', 'faults'];
const slow = SLOW.filter((name) => args.includes(`--${name}`));
const passed = args.filter((argument) => !slow.includes(argument.replace(/^--/, '')));

const directory = mkdtempSync(join(tmpdir(), 'pressroom-test-'));
const countsFile = join(directory, 'counts.json');
const chosen = slow.length > 0 ? slow : SLOW.map((name) => `!${name}`);
const projects = chosen.flatMap((name) => ['--project', name]);
const { status } = spawnSync(
  process.execPath,
  [
    'node_modules/vitest/vitest.mjs',
    'run',
    ...(passed.includes('--project') ? [] : projects),
    '--reporter=default',
    '--reporter=./scripts/counts-reporter.ts',
    ...passed,
  ],
  { stdio: 'inherit', env: { ...process.env, [COUNTS_FILE_VARIABLE]: countsFile } },
);
const counts = readCounts(countsFile);
rmSync(directory, { recursive: true, force: true });

// Set-up failures leave no counts, or only passes: they must not look like success.
const failed = status === 0 ? counts.failed : Math.max(1, counts.failed);
if (counts.skipped > 0) console.log(`${counts.skipped} skipped`);
console.log(`${counts.passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

function readCounts(path: string): Counts {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Counts;
  } catch {
    return { passed: 0, failed: 0, skipped: 0 };
  }
}
