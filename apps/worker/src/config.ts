import type { ToolsConfig, ToolSecrets } from '@pressroom/agents';
import { readConfiguration } from '@pressroom/config';
import type { LlmConfig } from '@pressroom/llm';
import type { ConfigProblem } from '@pressroom/runtime';

import type { WorkerSettings } from './wiring/start-worker.ts';

export interface WorkerConfig extends WorkerSettings {
  llm: LlmConfig;
  egress: { allowHosts: string[]; userAgent: string };
  tools: { config: ToolsConfig; secrets: ToolSecrets };
  logLevel: string;
  /** Logged warnings; they do not prevent the start. */
  warnings: readonly ConfigProblem[];
}

/**
 * Parses the worker's part of the configuration.
 * @throws {ConfigError} with all problems in the configuration of all processes
 */
export function parseWorkerConfig(env: Readonly<Record<string, string | undefined>>): WorkerConfig {
  const { variables, file, redis, queues, providers, toolSecrets, databaseUrl, warnings } = readConfiguration(
    env,
    'worker',
  );
  return {
    databaseUrl,
    redis,
    queues,
    concurrency: variables.PRESSROOM_CONCURRENCY,
    healthHost: variables.PRESSROOM_WORKER_HOST,
    healthPort: variables.PRESSROOM_WORKER_PORT,
    drainMs: variables.PRESSROOM_DRAIN,
    llm: { ...file, providers: [...providers] },
    egress: file.egress,
    tools: { config: file.tools, secrets: toolSecrets },
    logLevel: variables.LOG_LEVEL,
    warnings,
  };
}
