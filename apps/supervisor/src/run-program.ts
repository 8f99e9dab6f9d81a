import { spawn } from 'node:child_process';

/** Runs a program on the started system, with our terminal, and resolves with its exit code. Ends early with `signal`. */
export function runProgram(options: {
  program: string;
  args: readonly string[];
  cwd: string;
  env: Readonly<Record<string, string | undefined>>;
  signal: AbortSignal;
}): Promise<number> {
  const { program, args, cwd, env, signal } = options;
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [program, ...args], { cwd, env, stdio: 'inherit' });
    const end = () => child.kill('SIGTERM');
    signal.addEventListener('abort', end, { once: true });
    child.once('error', () => {
      resolve(1);
    });
    child.once('exit', (code) => {
      signal.removeEventListener('abort', end);
      resolve(code ?? 1);
    });
  });
}
