import { spawn } from 'node:child_process';

/*
 * Runs an MCP program for a worker: `mcp-guard.process.ts <command> [args…]`. Forwards stdin; the program writes directly to
 * the worker. When stdin closes, also because the worker crashed, the program gets a grace period to exit, then SIGTERM, then
 * SIGKILL. Without the guard a program could ignore the end of stdin and outlive the worker.
 */

/** In total below the two seconds after which the client kills this process. */
const EOF_GRACE_MS = 700;
const TERM_GRACE_MS = 700;
/** Exit code of shells for a command that cannot be run. */
const NOT_RUN = 127;

const [command = '', ...args] = process.argv.slice(2);
const program = spawn(command, args, { stdio: ['pipe', 'inherit', 'ignore'] });
program.once('error', () => process.exit(NOT_RUN));
program.once('exit', (code) => process.exit(code ?? 1));
// The program may close stdin before the worker stops writing.
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
