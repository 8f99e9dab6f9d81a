import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { describe, expect, it } from 'vitest';

const MODULE = pathToFileURL(join(import.meta.dirname, 'run-with-progress.mjs')).href;

interface Ended {
  status: number;
  output: string;
  said: string[];
}

/** Runs plain JavaScript beside the launcher, whose files have no types. */
function run(program: string, args: readonly string[], everyMs: number): Ended {
  const script = `
    const { runWithProgress } = await import(${JSON.stringify(MODULE)});
    const said = [];
    const options = { cwd: process.cwd(), env: process.env, say: (line) => said.push(line), everyMs: ${everyMs} };
    const ended = await runWithProgress(${JSON.stringify(program)}, ${JSON.stringify(args)}, options);
    console.log(JSON.stringify({ ...ended, said }));`;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  return JSON.parse(stdout) as Ended;
}
const runScript = (script: string, everyMs: number) => run(process.execPath, ['-e', script], everyMs);

describe('runWithProgress', () => {
  it('shows while a program runs how long it has run and how far it is', () => {
    const { status, said } = runScript(
      `console.log('Progress: resolved 1, added 0\\nProgress: resolved 9, added 7'); setTimeout(() => undefined, 1_000)`,
      20,
    );
    expect(status).toBe(0);
    expect(said.at(-1)).toMatch(/^ {2}\d s: resolved 9, added 7$/);
  });

  it('keeps the output and the code of a program that fails, and says nothing of a short one', () => {
    const { status, output, said } = runScript(
      `console.log('one'); console.error('two'); process.exitCode = 3`,
      60_000,
    );
    expect([status, said]).toEqual([3, []]);
    expect(output).toMatch(/one[^]*two|two[^]*one/);
  });

  it('answers with a code and a reason where the program cannot be started', () => {
    const { status, output } = run('/none/such-program', [], 60_000);
    expect([status, output]).toEqual([-1, expect.stringContaining('ENOENT')]);
  });
});
