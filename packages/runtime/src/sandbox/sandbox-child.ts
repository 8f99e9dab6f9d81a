import { spawn, type ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import {
  SandboxFailedError,
  SandboxMemoryError,
  SandboxTimeoutError,
  SandboxUnavailableError,
} from './sandbox-errors.ts';
import type { SandboxReply, SandboxRequest } from './serve-sandbox.ts';

export interface SandboxLimits {
  /** Wall-clock time of one job, from its delivery to the child. */
  timeoutMs: number;
  /** V8's heap. The process may use this plus {@link BASE_MB}, where the system reports its size (Linux). */
  memoryMb: number;
}

/** Memory of Node, its libraries and generous buffers besides the heap. */
const BASE_MB = 160;
/** Interval of memory checks of a busy child: a decompressor adds some ten megabytes in it. */
const MEMORY_CHECK_MS = 100;
/** Loading the parsers takes under a second, and much longer on a machine under load. */
const START_TIMEOUT_MS = 30_000;
/**
 * CPU seconds after which the system ends a child. Bounds an orphan, which does not notice the exit of its parent while it is
 * busy. The pool replaces a child long before.
 */
const CPU_LIMIT_S = 120;
const RETIRE_AFTER_BUSY_MS = 60_000;
/** Signals by which V8 ends a process that is out of heap, and by which the CPU limit does. */
const OUT_OF_HEAP: readonly (NodeJS.Signals | null)[] = ['SIGABRT', 'SIGTRAP', 'SIGILL'];
const PAGE_BYTES = 4_096;
const MB = 1_048_576;

/** One child process that runs one job at a time. */
export interface SandboxChild {
  /**
   * Runs one job. Any failure except an error thrown by the job ends the child.
   *
   * @throws {SandboxTimeoutError | SandboxMemoryError | SandboxFailedError} and the signal's reason when it aborts
   */
  run(job: string, input: unknown, limits: { timeoutMs: number }, signal?: AbortSignal): Promise<unknown>;
  /** Whether it can run another job. */
  readonly isUsable: boolean;
  readonly pid: number | undefined;
  /** Kills the process; resolves when it has exited. */
  kill(): Promise<void>;
}

/**
 * Starts a child without environment, output, or permission to write files, start processes or load native code.
 *
 * @throws {SandboxUnavailableError} when it does not start
 */
export async function startSandboxChild(
  entry: URL,
  { memoryMb }: Pick<SandboxLimits, 'memoryMb'>,
): Promise<SandboxChild> {
  const child = spawn(
    '/bin/sh',
    [
      ...['-c', 'ulimit -c 0; ulimit -t "$1"; shift; exec "$@"', 'sandbox', String(CPU_LIMIT_S), process.execPath],
      ...[
        `--max-old-space-size=${memoryMb}`,
        '--permission',
        '--allow-fs-read=*',
        '--disallow-code-generation-from-strings',
      ],
      ...['--no-warnings', fileURLToPath(entry)],
    ],
    { stdio: ['ignore', 'ignore', 'ignore', 'ipc'], serialization: 'advanced', env: {} },
  );
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => {
      resolve();
    });
    child.once('error', () => {
      resolve();
    });
  });
  child.on('error', () => undefined);
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
  };
  if (!(await isReady(child))) {
    await kill();
    throw new SandboxUnavailableError(`the process for parsing (${fileURLToPath(entry)}) did not start`);
  }
  release(child);
  return createChild(child, memoryMb, kill);
}

function isReady(child: ChildProcess): Promise<boolean> {
  return new Promise((resolve) => {
    const settle = (ready: boolean) => (): void => {
      clearTimeout(timer);
      resolve(ready);
    };
    const timer = setTimeout(settle(false), START_TIMEOUT_MS);
    child.once('message', settle(true));
    child.once('exit', settle(false));
    child.once('error', settle(false));
  });
}

function createChild(child: ChildProcess, memoryMb: number, kill: () => Promise<void>): SandboxChild {
  let nextId = 1;
  let busyMs = 0;
  let isStopped = false;
  const isAlive = (): boolean => !isStopped && child.connected && child.exitCode === null && child.signalCode === null;

  return {
    get isUsable() {
      return isAlive() && busyMs < RETIRE_AFTER_BUSY_MS;
    },
    get pid() {
      return child.pid;
    },
    kill,
    async run(job, input, { timeoutMs }, signal) {
      const { promise, resolve, reject } = Promise.withResolvers<unknown>();
      const id = nextId++;
      const startedMs = performance.now();
      let failure: Error | undefined;
      const stop = (error: Error): void => {
        failure ??= error;
        isStopped = true;
        child.kill('SIGKILL');
        reject(failure);
      };
      const onAbort = (): void => {
        stop(signal?.reason as Error);
      };
      const onMessage = (message: unknown): void => {
        const answer = message as SandboxReply;
        if (answer.kind === 'ready' || answer.id !== id) return;
        if (answer.kind === 'done') resolve(answer.output);
        else reject(new SandboxFailedError(job, answer.reason));
      };
      const onExit = (code: number | null, exitSignal: NodeJS.Signals | null): void => {
        reject(failure ?? exitError(job, { code, signal: exitSignal, timeoutMs, memoryMb }));
      };
      const timer = setTimeout(() => {
        stop(new SandboxTimeoutError(job, timeoutMs));
      }, timeoutMs);
      const memory = setInterval(() => {
        void residentMb(child.pid).then((megabytes) => {
          if (megabytes > memoryMb + BASE_MB) stop(new SandboxMemoryError(job, memoryMb));
        });
      }, MEMORY_CHECK_MS);
      child.on('message', onMessage);
      child.once('exit', onExit);
      signal?.addEventListener('abort', onAbort, { once: true });
      hold(child);
      try {
        if (!isAlive()) throw new SandboxFailedError(job, 'its process has exited');
        child.send({ id, job, input } satisfies SandboxRequest, (error) => {
          if (error) stop(new SandboxFailedError(job, 'its process has exited'));
        });
        return await promise;
      } finally {
        clearTimeout(timer);
        clearInterval(memory);
        child.off('message', onMessage);
        child.off('exit', onExit);
        signal?.removeEventListener('abort', onAbort);
        promise.catch(() => undefined);
        busyMs += performance.now() - startedMs;
        release(child);
      }
    },
  };
}

/** An idle child does not keep this process alive; a busy one does. */
function release(child: ChildProcess): void {
  child.unref();
  child.channel?.unref();
}
function hold(child: ChildProcess): void {
  child.ref();
  child.channel?.ref();
}

function exitError(
  job: string,
  exit: { code: number | null; signal: NodeJS.Signals | null; timeoutMs: number; memoryMb: number },
): Error {
  if (OUT_OF_HEAP.includes(exit.signal) || exit.code === 134) return new SandboxMemoryError(job, exit.memoryMb);
  if (exit.signal === 'SIGXCPU') return new SandboxTimeoutError(job, exit.timeoutMs);
  return new SandboxFailedError(job, `its process ended (${exit.signal ?? `code ${exit.code ?? 'unknown'}`})`);
}

/** Resident memory of a process in MB; 0 where the system does not report it. */
async function residentMb(pid: number | undefined): Promise<number> {
  const statm = await readFile(`/proc/${pid ?? 0}/statm`, 'utf8').catch(() => '');
  return (Number(statm.split(' ')[1] ?? 0) * PAGE_BYTES) / MB;
}
