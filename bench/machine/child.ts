import { fork, type ChildProcess } from 'node:child_process';
import { basename } from 'node:path';

/** Time for a process to end after SIGTERM before it is killed. */
const STOP_MS = 10_000;
const READY_MS = 90_000;

/** A Node program that reports readiness over IPC and may answer requests, one at a time. */
export interface Child {
  pid: number;
  /** Its ready message. */
  facts: Readonly<Record<string, unknown>>;
  /** @throws {Error} with the error of the program, or when it has ended */
  request(message: object): Promise<unknown>;
  /** SIGTERM, then SIGKILL; resolves when it has ended. */
  stop(): Promise<void>;
  /** SIGKILL; resolves when it has ended. */
  kill(): Promise<void>;
}

/**
 * Starts a program and waits until it is ready. Its IPC channel closes when this process ends.
 * @throws {Error} when it ends before it is ready, with the end of its stderr
 */
export async function startChild(options: {
  program: string;
  args?: readonly string[];
  env: Readonly<Record<string, string>>;
}): Promise<Child> {
  const { program, args = [] } = options;
  const name = [basename(program), ...args.map((argument) => argument.split('/').slice(-2).join('/'))].join(' ');
  const child = fork(program, args, {
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], NODE_NO_WARNINGS: '1', ...options.env },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let errors = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-4_000);
  });
  const exited = new Promise<void>((resolve) =>
    child.once('exit', () => {
      resolve();
    }),
  );
  const failure = async (): Promise<never> => {
    await exited;
    throw new Error(`${name} ended (${child.signalCode ?? child.exitCode ?? '?'})\n${errors}`.trim());
  };
  const ends = failure();
  // It may end without a pending request: the next request then reports it.
  ends.catch(() => undefined);
  const killChild = (): void => void child.kill('SIGKILL');
  process.once('exit', killChild);
  void exited.then(() => process.off('exit', killChild));

  const ready = await Promise.race([nextMessage(child), ends, timeout(READY_MS)]);
  if (ready === undefined) {
    child.kill('SIGKILL');
    throw new Error(`${name} was not ready in ${READY_MS / 1_000} s\n${errors}`.trim());
  }
  const endBy = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await exited;
    clearTimeout(timer);
  };
  return {
    pid: child.pid ?? 0,
    facts: ready,
    async request(message) {
      const answered = nextMessage(child);
      child.send(message, () => undefined);
      const answer = await Promise.race([answered, ends]);
      if (answer['type'] === 'error') throw new Error(`${name}: ${String(answer['error'])}`);
      return answer['result'];
    },
    stop: () => endBy('SIGTERM'),
    kill: () => endBy('SIGKILL'),
  };
}

const nextMessage = (child: ChildProcess): Promise<Record<string, unknown>> =>
  new Promise((resolve) => {
    child.once('message', (message) => {
      resolve(message as Record<string, unknown>);
    });
  });

const timeout = (ms: number): Promise<undefined> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms, undefined).unref();
  });
