import { spawn, type ChildProcess } from 'node:child_process';

import { calculateBackoffMs, type Clock, type Logger, type Random } from '@pressroom/runtime';

import type { ChildOutput } from './child-output.ts';
import { StartError } from './start-error.ts';

export interface ProcessSpec {
  name: string;
  /** Absolute path of a program Node runs. */
  program: string;
  env: Readonly<Record<string, string | undefined>>;
}

/**
 * For several processes on one machine. New objects get 2 MB instead of 16, which an idle process would fill and keep;
 * `announceReady` collects what only the start needed.
 */
const SMALL_HEAP = ['--max-semi-space-size=2', '--expose-gc'];

/** glibc keeps what was freed: fewer arenas, and fixed thresholds above which memory goes back to the system. */
const RETURN_MEMORY = { MALLOC_ARENA_MAX: '2', MALLOC_TRIM_THRESHOLD_: '131072', MALLOC_MMAP_THRESHOLD_: '131072' };

/** What a child says over IPC once it serves. */
export interface ReadyMessage {
  type: 'ready';
  url?: string;
  port?: number;
  /** Answers pings, so that its silence means that its event loop is blocked. */
  answersPings?: boolean;
}

interface Dependencies {
  log: Logger;
  clock: Clock;
  random: Random;
  output: ChildOutput;
  readyTimeoutMs?: number;
  pings?: { everyMs: number; blockedMs: number };
}

const READY_TIMEOUT_MS = 60_000;
/**
 * A child that answers no ping for so long is blocked. Longer than a worker waits before it ends itself, which says in the
 * log what ran.
 */
const PINGS = { everyMs: 5_000, blockedMs: 45_000 };
const RESTART = { baseMs: 1_000, capMs: 30_000 };
/** A child that served this long starts again with a clean record. */
const STABLE_MS = 60_000;

/**
 * One child process, kept alive.
 *
 * - `starting`: spawned, has not said "ready". Ending now fails `start()` if it never was ready, else counts as a crash.
 * - `serving`: has said "ready". Ending now is a crash: → `waiting`.
 * - `waiting`: pausing before the next spawn, longer after each crash. → `starting`.
 * - `stopping`: SIGTERM sent; SIGKILL follows at the deadline. Nothing is started any more. → `stopped`.
 */
export class ManagedProcess {
  readonly #spec: ProcessSpec;
  readonly #deps: Dependencies;
  readonly #stopping = new AbortController();
  #child: ChildProcess | undefined;
  #running: Promise<void> = Promise.resolve();
  #crashes = 0;
  #boundPort: { PORT: string } | undefined;

  constructor(spec: ProcessSpec, deps: Dependencies) {
    this.#spec = spec;
    this.#deps = deps;
  }

  get name(): string {
    return this.#spec.name;
  }

  /** Resolves with the child's first "ready"; throws `StartError` if it ends or hangs before. Call once. */
  async start(): Promise<ReadyMessage> {
    const first = this.#spawn();
    const ready = await first.ready;
    this.#running = this.#keepAlive(first.exited);
    return ready;
  }

  /** Asks the child to drain and end, kills it after `deadlineMs`. Idempotent; resolves when it is gone. */
  async stop(deadlineMs: number): Promise<void> {
    this.#stopping.abort();
    const child = this.#child;
    child?.kill('SIGTERM');
    const timer = setTimeout(() => {
      this.#deps.log.warn({ child: this.name, deadlineMs }, 'child.killed_at_deadline');
      this.kill();
    }, deadlineMs);
    await this.#running;
    if (child && !hasEnded(child)) await new Promise((resolve) => child.once('exit', resolve));
    clearTimeout(timer);
  }

  kill(): void {
    this.#stopping.abort();
    this.#child?.kill('SIGKILL');
  }

  async #keepAlive(exited: Promise<string>): Promise<void> {
    for (let how = await exited; !this.#stopping.signal.aborted;) {
      this.#crashes += 1;
      const delayMs = calculateBackoffMs(this.#crashes, RESTART, this.#deps.random());
      this.#deps.log.error({ child: this.name, how, restartInMs: delayMs }, 'child.crashed');
      try {
        await this.#deps.clock.sleep(delayMs, this.#stopping.signal);
      } catch {
        return;
      }
      const next = this.#spawn();
      const startedMs = this.#deps.clock.monotonicMs();
      await next.ready.catch(() => undefined);
      how = await next.exited;
      if (this.#deps.clock.monotonicMs() - startedMs > STABLE_MS) this.#crashes = 0;
    }
  }

  #spawn(): { ready: Promise<ReadyMessage>; exited: Promise<string> } {
    const child = spawn(process.execPath, [...SMALL_HEAP, this.#spec.program], {
      env: { ...RETURN_MEMORY, ...this.#spec.env, ...this.#boundPort },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // A process group of its own: Ctrl-C on the terminal is for the supervisor, which stops children in order.
      detached: true,
    });
    this.#child = child;
    this.#deps.output.attach(child.stdout, child.stderr);
    this.#endWhenBlocked(child);
    const exited = new Promise<string>((resolve) => {
      child.once('error', (error) => {
        resolve(error.message);
      });
      child.once('close', (code, signal) => {
        resolve(signal === null ? `code ${code ?? 0}` : signal);
      });
    });
    return { ready: this.#waitUntilReady(child, exited), exited };
  }

  /** Counts pings rather than time: a supervisor that was stopped itself must not blame its children. */
  #endWhenBlocked(child: ChildProcess): void {
    const { everyMs, blockedMs } = this.#deps.pings ?? PINGS;
    let unanswered = 0;
    let timer: NodeJS.Timeout | undefined;
    const ping = (): void => {
      if (unanswered * everyMs >= blockedMs) {
        clearInterval(timer);
        this.#deps.log.error({ child: this.name, silentMs: unanswered * everyMs }, 'child.blocked');
        child.kill('SIGKILL');
      } else if (child.connected) {
        unanswered += 1;
        child.send({ type: 'ping' }, () => undefined);
      }
    };
    child.on('message', (message) => {
      unanswered = 0;
      if (isReady(message) && message.answersPings === true) timer ??= setInterval(ping, everyMs).unref();
    });
    child.once('exit', () => {
      clearInterval(timer);
    });
  }

  async #waitUntilReady(child: ChildProcess, exited: Promise<string>): Promise<ReadyMessage> {
    const timeoutMs = this.#deps.readyTimeoutMs ?? READY_TIMEOUT_MS;
    const done = new AbortController();
    const ready = new Promise<ReadyMessage>((resolve) => {
      child.on('message', (message) => {
        if (!isReady(message)) return;
        // Clients and the instance file know this port: a restart must not choose another one.
        if (this.#spec.env['PORT'] === '0' && message.port !== undefined)
          this.#boundPort = { PORT: String(message.port) };
        resolve(message);
      });
    });
    const ended = exited.then((how) => {
      throw new StartError(`${this.name} ended (${how}) before it was ready; its log is ${this.#deps.output.file}`);
    });
    const late = this.#deps.clock.sleep(timeoutMs, done.signal).then(() => {
      // Only this process of it: one that hangs at a restart is started again.
      child.kill('SIGKILL');
      throw new StartError(
        `${this.name} was not ready within ${timeoutMs / 1000} s; its log is ${this.#deps.output.file}`,
      );
    });
    for (const promise of [ended, late]) promise.catch(() => undefined);
    return Promise.race([ready, ended, late]).finally(() => {
      done.abort();
    });
  }
}

const hasEnded = (child: ChildProcess): boolean =>
  child.pid === undefined || child.exitCode !== null || child.signalCode !== null;

const isReady = (message: unknown): message is ReadyMessage =>
  typeof message === 'object' && message !== null && (message as { type?: unknown }).type === 'ready';
