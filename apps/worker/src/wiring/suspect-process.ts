import { fork, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';

import type { StepAttempt } from '@pressroom/db';
import {
  HandedBackError,
  ReportedFailureError,
  StepCrashedError,
  type AttemptResult,
  type AttemptRun,
} from '@pressroom/engine';

import { UNCAUGHT_EXIT_CODE, type FromSuspect, type ToSuspect } from './suspect-messages.ts';

export interface SuspectLimits {
  /** V8 heap, in MB. */
  heapMb: number;
  /** Resident memory, buffers included, in MB; checked where /proc exists. */
  residentMb: number;
  /** How long its event loop may be blocked. */
  maxStallMs: number;
}

const CHECK_MS = 500;
/** Time for loading the program and connecting, while several processes may be starting. */
const START_MS = 60_000;
/** Time for an aborted attempt to record the cost of its cancelled calls; the step runner waits 5 s. */
const ABORT_GRACE_MS = 4_000;
const EXIT_GRACE_MS = 3_000;
const START_RETRY_MS = 5_000;
const STDERR_TAIL = 4_000;

/** How a child ended without a result. */
interface End {
  code: number | null;
  signal: NodeJS.Signals | null;
  stderr: string;
  /** Reason for which the worker killed it, if it did. */
  killReason: string | undefined;
}

/** Describes in one line how a process ended, for dead letters. */
export function describeEnd({ code, signal, stderr, killReason }: End, { heapMb }: SuspectLimits): string {
  const how = signal ?? `exit code ${code ?? 'unknown'}`;
  if (killReason !== undefined) return `${killReason} (${how})`;
  if (/heap out of memory|Reached heap limit/i.test(stderr)) return `out of memory, heap limit ${heapMb} MB (${how})`;
  if (code === UNCAUGHT_EXIT_CODE) return `uncaught error (${how})`;
  return signal === null ? how : `ended by ${signal}`;
}

function residentMbOf(pid: number): number | undefined {
  try {
    const kB = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kB === undefined ? undefined : Number(kB) / 1_024;
  } catch {
    return undefined;
  }
}

/**
 * Runs one attempt in a child process. Resolves with its result as soon as it arrives; the process then exits by itself.
 *
 * @throws {StepCrashedError} when the process crashed during the attempt; {HandedBackError} when it did not start
 */
export function runSuspectProcess(
  attempt: StepAttempt,
  run: AttemptRun,
  deps: {
    /** Absolute path of the program that runs `runSuspect`. */
    program: string;
    env: Readonly<Record<string, string | undefined>>;
    limits: SuspectLimits;
    liveWorkers: number;
    /** Called after the process has exited; `hasResult` is false when its calls may have been cancelled. */
    onGone: (hasResult: boolean) => void;
  },
): Promise<AttemptResult> {
  const { limits } = deps;
  const child: ChildProcess = fork(deps.program, [], {
    env: deps.env,
    execArgv: [`--max-old-space-size=${limits.heapMb}`],
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
  });
  const answer = Promise.withResolvers<AttemptResult>();
  let isStarted = false;
  let hasResult = false;
  let silentMs = 0;
  let stderr = '';
  let killReason: string | undefined;

  const send = (message: ToSuspect): void => {
    // A failed send is ignored: the exit event follows.
    if (child.connected) child.send(message, () => undefined);
  };
  const kill = (because: string): void => {
    killReason ??= because;
    child.kill('SIGKILL');
  };
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    process.stderr.write(chunk);
    stderr = (stderr + chunk).slice(-STDERR_TAIL);
  });
  const finish = (result: AttemptResult): void => {
    hasResult = true;
    answer.resolve(result);
    setTimeout(() => child.kill('SIGKILL'), EXIT_GRACE_MS).unref();
  };
  child.on('message', (message: FromSuspect) => {
    silentMs = 0;
    switch (message.type) {
      case 'alive':
        break;
      case 'ready': {
        isStarted = true;
        const { sessionId, deadlineAtMs, isRerun } = run;
        send({ type: 'run', attempt, run: { sessionId, deadlineAtMs, isRerun }, liveWorkers: deps.liveWorkers });
        break;
      }
      case 'done':
        finish(message.result);
        break;
      case 'failed':
        finish({ outcome: 'failed', error: new ReportedFailureError(message.failure), costNano: message.costNano });
    }
  });
  // Counted in ticks of this process, so that its own blocking does not count as the child's silence.
  const watch = setInterval(() => {
    silentMs += CHECK_MS;
    const residentMb = child.pid === undefined ? undefined : residentMbOf(child.pid);
    const silentS = Math.round(silentMs / 1_000);
    if (!isStarted && silentMs >= START_MS) kill(`not ready within ${silentS} s`);
    else if (isStarted && silentMs >= limits.maxStallMs) kill(`its event loop was blocked for ${silentS} s`);
    else if (residentMb !== undefined && residentMb > limits.residentMb)
      kill(`more than ${limits.residentMb} MB of memory`);
  }, CHECK_MS);
  const onAbort = (): void => {
    send({ type: 'abort', reason: 'the worker stopped the attempt' });
    setTimeout(() => child.kill('SIGKILL'), ABORT_GRACE_MS).unref();
  };
  if (run.signal.aborted) onAbort();
  else run.signal.addEventListener('abort', onAbort, { once: true });

  const end = (code: number | null, signal: NodeJS.Signals | null): void => {
    clearInterval(watch);
    run.signal.removeEventListener('abort', onAbort);
    if (!hasResult) {
      const how = describeEnd({ code, signal, stderr, killReason }, limits);
      answer.reject(
        isStarted
          ? new StepCrashedError(how)
          : new HandedBackError(`the process for a suspect step did not start: ${how}`, {
              retryAfterMs: START_RETRY_MS,
            }),
      );
    }
    deps.onGone(hasResult);
  };
  child.once('close', end);
  child.once('error', (error) => {
    stderr += error.message;
    if (child.pid === undefined) end(null, null);
    else child.kill('SIGKILL');
  });
  return answer.promise;
}
