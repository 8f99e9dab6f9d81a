import { fileURLToPath } from 'node:url';

import { createSessionStore } from '@pressroom/db';
import { currentAttempt, type Checkpoint, type FindPipeline, type StepRunner } from '@pressroom/engine';
import { findPipeline } from '@pressroom/pipelines';
import {
  announceReady,
  createLogger,
  createMetrics,
  createShutdown,
  endOnUncaughtErrors,
  systemClock as clock,
} from '@pressroom/runtime';

import packageJson from '../../package.json' with { type: 'json' };
import { parseWorkerConfig } from '../config.ts';
import { createAgentExecute, type AgentHooks } from './create-agent-execute.ts';
import type { MoneyCheckpoint } from './gateway-store.ts';
import { isolateSuspects, SUSPECT_LIMITS } from './isolate-suspects.ts';
import { startWorker } from './start-worker.ts';
import type { SuspectLimits } from './suspect-process.ts';

/** Time for closers after the drain. */
const CLOSE_MS = 8_000;

/** The program that runs one suspect step. */
const SUSPECT_PROGRAM = fileURLToPath(new URL('../suspect/main.ts', import.meta.url));

/** Named points of an attempt at which tests stop the process. */
export type WorkerCheckpoint = Checkpoint | MoneyCheckpoint;

/**
 * Runs a worker process with the built-in agents until it is shut down.
 *
 * @param hooks.onCheckpoint called at named points; for tests
 * @param hooks.findPipeline, hooks.findAgent replace the built-in task types and agents
 * @param hooks.suspectProgram, hooks.suspectLimits, hooks.maxStallMs how suspect steps run and how long the main thread may
 *   be blocked; for tests
 * @throws {ConfigError} and other errors that prevent the start
 */
export async function runWorker(
  env: Readonly<Record<string, string | undefined>>,
  hooks: Omit<AgentHooks, 'onCheckpoint'> & {
    onCheckpoint?: (point: WorkerCheckpoint) => void;
    findPipeline?: FindPipeline;
    suspectProgram?: string;
    suspectLimits?: Partial<SuspectLimits>;
    maxStallMs?: number;
  } = {},
): Promise<void> {
  const config = parseWorkerConfig(env);
  const log = createLogger({ name: 'worker', level: config.logLevel });
  for (const { path, message } of config.warnings)
    log.warn({ variable: path, reason: message }, 'config.unknown_variable');
  const metrics = createMetrics('pressroom');
  const shutdown = createShutdown({ log, deadlineMs: config.drainMs + CLOSE_MS });
  shutdown.listen();
  const started: { worker?: Pick<StepRunner, 'handBackAfterCrash'> } = {};
  endOnUncaughtErrors({
    log,
    shutdown,
    identify: currentAttempt,
    onUncaught: (attempt) => started.worker?.handBackAfterCrash(attempt),
  });

  started.worker = await startWorker(config, {
    version: packageJson.version,
    findPipeline,
    metrics,
    shutdown,
    log,
    ...hooks,
    createExecute: (database, session) => {
      const execute = createAgentExecute({ config, database, session, hooks, metrics, shutdown, log });
      return isolateSuspects(execute, {
        program: hooks.suspectProgram ?? SUSPECT_PROGRAM,
        env,
        limits: { ...SUSPECT_LIMITS, ...hooks.suspectLimits },
        liveWorkers: () => session.liveWorkers,
        sessions: createSessionStore(database),
        metrics,
        clock,
        log,
      });
    },
  });
  announceReady();
}
