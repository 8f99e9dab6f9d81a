import { spawn } from 'node:child_process';

/*
 * Stands between a worker and an MCP program: `mcp-guard.process.ts <command> [args…]`. The program reads what the worker
 * writes and writes to the worker directly. When the worker closes stdin, or dies in whatever way, which closes it too, the
 * program gets a moment to end by itself, then is told to, then is ended. A program of its own could ignore all of that.
 */

/** Together less than the two seconds after which the client ends this process. */
const EOF_GRACE_MS = 700;
const TERM_GRACE_MS = 700;
/** As shells say that a command could not be run. */
const NOT_RUN = 127;

const [command = '', ...args] = process.argv.slice(2);
const program = spawn(command, args, { stdio: ['pipe', 'inherit', 'ignore'] });
program.once('error', () => process.exit(NOT_RUN));
program.once('exit', (code) => process.exit(code ?? 1));
// The program may stop reading before the worker stops writing.
program.stdin.on('error', () => undefined);

const end = (): void => {
  setTimeout(() => {
    program.kill('SIGTERM');
    setTimeout(() => program.kill('SIGKILL'), TERM_GRACE_MS);
  }, EOF_GRACE_MS);
};
process.stdin.once('close', end);
process.stdin.on('error', () => undefined);
process.stdin.pipe(program.stdin);
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  process.on(signal, () => {
    program.kill('SIGKILL');
  });
}
