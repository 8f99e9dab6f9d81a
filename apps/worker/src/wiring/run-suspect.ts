import { writeFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';

import { connectDatabase } from '@pressroom/db';
import { toStepFailure, type ExecuteAttempt } from '@pressroom/engine';
import { createLogger, createMetrics, createShutdown, type Logger } from '@pressroom/runtime';

import { parseWorkerConfig } from '../config.ts';
import { createAgentExecute, type AgentHooks } from './create-agent-execute.ts';
import { ALIVE_MS, UNCAUGHT_EXIT_CODE, type FromSuspect, type ToSuspect } from './suspect-messages.ts';

/** Time for connections to close after the result was sent. */
const CLOSE_MS = 2_000;

/**
 * Runs one attempt sent by the parent process, with the agents and the gateway of a worker, then exits. The parent holds the
 * lease, settles the result, and kills this process if it exceeds its time or memory.
 *
 * @throws {ConfigError} and other errors that prevent the start
 */
export async function runSuspect(
  env: Readonly<Record<string, string | undefined>>,
  hooks: AgentHooks = {},
): Promise<void> {
  const send = (message: FromSuspect): void => {
    process.send?.(message);
  };
  exitWithParent();
  raiseOomScore();
  const config = parseWorkerConfig(env);
  const log = createLogger({ name: 'suspect', level: config.logLevel });
  const shutdown = createShutdown({ log, deadlineMs: CLOSE_MS });
  process.on('uncaughtException', (error, origin) => {
    log.fatal({ err: error, origin }, 'process.uncaught_error');
    process.exit(UNCAUGHT_EXIT_CODE);
  });
  const database = connectDatabase({
    url: config.databaseUrl.reveal(),
    applicationName: 'pressroom-suspect',
    maxConnections: 2,
    log,
  });
  shutdown.register('database', () => database.close());
  await database.ping();

  const received = Promise.withResolvers<Extract<ToSuspect, { type: 'run' }>>();
  const aborting = new AbortController();
  process.on('message', (message: ToSuspect) => {
    if (message.type === 'run') received.resolve(message);
    else aborting.abort(new Error(message.reason));
  });
  setInterval(() => {
    send({ type: 'alive' });
  }, ALIVE_MS).unref();
  send({ type: 'ready' });

  const job = await received.promise;
  const execute = createAgentExecute({
    config,
    database,
    // Counts as one more worker for pacing; shared breakers are queried when calls report to them.
    session: { id: job.run.sessionId, liveWorkers: job.liveWorkers + 1, onHeartbeat: () => undefined },
    hooks,
    metrics: createMetrics('pressroom', { processMetrics: false }),
    shutdown,
    log,
  });
  send(await runJob(execute, job, aborting.signal, log));
  await shutdown.begin('done');
}

async function runJob(
  execute: ExecuteAttempt,
  { attempt, run }: Extract<ToSuspect, { type: 'run' }>,
  signal: AbortSignal,
  log: Logger,
): Promise<FromSuspect> {
  try {
    const result = await execute(attempt, { ...run, signal });
    if (result.outcome === 'done') return { type: 'done', result };
    const failure = toStepFailure(result.error);
    if (failure.code === 'AGENT_BUG') log.error({ err: result.error, stepId: attempt.stepId }, 'step.bug');
    return { type: 'failed', failure, costNano: result.costNano };
  } catch (error) {
    return { type: 'failed', failure: toStepFailure(error), costNano: 0n };
  }
}

/** Ignores signals to the process group: the worker decides when this process ends. */
function exitWithParent(): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);
  process.on('disconnect', () => {
    process.exit(1);
  });
  const guard = new Worker(new URL('./orphan-guard-thread.ts', import.meta.url), {
    workerData: process.ppid,
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 },
  });
  guard.unref();
}

/** When memory runs out, Linux kills this process rather than its worker. The file exists on Linux only. */
function raiseOomScore(): void {
  try {
    writeFileSync('/proc/self/oom_score_adj', '1000');
  } catch {
    // The worker enforces its own limits without it.
  }
}
