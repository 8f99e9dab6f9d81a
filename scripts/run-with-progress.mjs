// No dependencies: see launch.mjs.
import { spawn } from 'node:child_process';

/** Nothing to see for longer looks like a program that hangs. */
const EVERY_MS = 10_000;

/**
 * Runs a program and keeps what it prints. While it runs, `say` gets a line every ten seconds: the time that has passed and
 * the last line that begins with `Progress:`, which is pnpm's.
 *
 * @returns status -1 where the program could not be started or was killed
 */
export function runWithProgress(program, args, { cwd, env, say, everyMs = EVERY_MS }) {
  return new Promise((resolve) => {
    const startedAt = Date.now();
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
      });
    }
    const timer = setInterval(() => {
      const progress = output
        .match(/^Progress: .*$/gm)
        ?.at(-1)
        ?.replace('Progress: ', '');
      say(`  ${Math.round((Date.now() - startedAt) / 1_000)} s${progress === undefined ? '' : `: ${progress}`}`);
    }, everyMs);
    const end = (status, text) => {
      clearInterval(timer);
      resolve({ status, output: output + text });
    };
    child.on('error', (error) => end(-1, error.message));
    child.on('close', (code) => end(code ?? -1, ''));
  });
}
