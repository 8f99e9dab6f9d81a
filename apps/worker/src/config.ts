import { readFileSync } from 'node:fs';
import { readToolSecrets, ToolsConfig, type ToolSecrets } from '@pressroom/agents';
import { ALL_QUEUES } from '@pressroom/contracts';
import { CapsConfig, ScalingConfig } from '@pressroom/engine';
import { LlmConfig, type ProviderConfig } from '@pressroom/llm';
import { parsePools } from '@pressroom/queue';
import {
  ConfigError,
  envChoice,
  envDurationMs,
  envInt,
  envList,
  envPort,
  envSecret,
  envUrl,
  errorMessage,
  parseConfig,
} from '@pressroom/runtime';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import type { WorkerSettings } from './wiring/start-worker.ts';

/**
 * What `PRESSROOM_CONFIG` may hold: models and providers, what may be fetched, and what the coordinators read of the same
 * file.
 */
const ConfigFile = z.strictObject({
  ...LlmConfig.shape,
  ...ScalingConfig.shape,
  caps: CapsConfig,
  egress: z
    .strictObject({
      /** Hosts (`host`, `host:port`) that may be fetched although they are not public. An administrator's decision. */
      allowHosts: z.array(z.string().min(1)).default([]),
      /** How requests for sources introduce themselves; the first word is what sites name in their robots.txt. */
      userAgent: z
        .string()
        .regex(/^[A-Za-z_-]{1,40}(\/[\w.-]{1,20})?( [\x20-\x7e]{1,200})?$/, 'must be like "Name/1.0 (+https://…)"')
        .default('Pressroom/1.0'),
    })
    .prefault({}),
  tools: ToolsConfig.prefault({}),
});

const Environment = z.object({
  DATABASE_URL: envSecret(),
  REDIS_URL: envSecret().optional(),
  REDIS_CLUSTER_NODES: envList().optional(),
  PRESSROOM_POOLS: z.string().optional(),
  PRESSROOM_CONCURRENCY: envInt({ min: 1, max: 1_000 }).default(16),
  PRESSROOM_CONFIG: z.string().optional(),
  PRESSROOM_SIMULATOR_URL: envUrl(['http:']).optional(),
  PRESSROOM_WORKER_HOST: z.string().trim().min(1).default('127.0.0.1'),
  PRESSROOM_WORKER_PORT: envPort().default(0),
  PRESSROOM_DRAIN: envDurationMs({ minMs: 0, maxMs: 3_600_000 }).default(20_000),
  OPENAI_API_KEY: envSecret().optional(),
  OPENAI_BASE_URL: envUrl(['http:', 'https:']).optional(),
  ANTHROPIC_API_KEY: envSecret().optional(),
  ANTHROPIC_BASE_URL: envUrl(['http:', 'https:']).optional(),
  LOG_LEVEL: envChoice(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
});

export interface WorkerConfig extends WorkerSettings {
  llm: LlmConfig;
  egress: { allowHosts: string[]; userAgent: string };
  tools: { config: ToolsConfig; secrets: ToolSecrets };
  logLevel: string;
}

/** @throws {ConfigError} with every problem of environment and file at once */
export function parseWorkerConfig(env: Readonly<Record<string, string | undefined>>): WorkerConfig {
  const parsed = parseConfig(Environment, env);
  const problems: { path: string; message: string }[] = [];
  const attempt = <T>(path: string, work: () => T): T | undefined => {
    try {
      return work();
    } catch (error) {
      problems.push({ path, message: errorMessage(error) });
      return undefined;
    }
  };
  const pools = parsed.PRESSROOM_POOLS;
  const queues = attempt('PRESSROOM_POOLS', () => (pools === undefined ? ALL_QUEUES : parsePools(pools)));
  const file = attempt('PRESSROOM_CONFIG', () => readConfigFile(parsed.PRESSROOM_CONFIG));
  const toolSecrets = file && readToolSecrets(file.tools, env);
  problems.push(...(toolSecrets?.problems ?? []));
  if (problems.length > 0 || !queues || !file || !toolSecrets) throw new ConfigError('the environment', problems);

  const providers = [...environmentProviders(parsed), ...file.providers];
  if (providers.length === 0) {
    throw new ConfigError('the environment', [
      {
        path: 'OPENAI_API_KEY',
        message:
          'no provider is configured: set a provider’s key, list providers in PRESSROOM_CONFIG, or start with `npm start`, which brings the offline simulator',
      },
    ]);
  }
  return {
    databaseUrl: parsed.DATABASE_URL,
    redisUrl: parsed.REDIS_URL,
    redisClusterNodes: parsed.REDIS_CLUSTER_NODES,
    queues,
    concurrency: parsed.PRESSROOM_CONCURRENCY,
    healthHost: parsed.PRESSROOM_WORKER_HOST,
    healthPort: parsed.PRESSROOM_WORKER_PORT,
    drainMs: parsed.PRESSROOM_DRAIN,
    llm: { ...file, providers },
    egress: file.egress,
    tools: { config: file.tools, secrets: toolSecrets.secrets },
    logLevel: parsed.LOG_LEVEL,
  };
}

function readConfigFile(path: string | undefined): z.output<typeof ConfigFile> {
  if (path === undefined) return ConfigFile.parse({});
  const parsed = ConfigFile.safeParse(parseYaml(readFileSync(path, 'utf8')) ?? {});
  if (parsed.success) return parsed.data;
  throw new Error(parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; '));
}

/** Keys and addresses with the SDKs' own meaning. A base URL without a key is a server that asks for none. */
function environmentProviders(env: z.output<typeof Environment>): ProviderConfig[] {
  const providers: ProviderConfig[] = [];
  const simulator = env.PRESSROOM_SIMULATOR_URL;
  if (env.OPENAI_API_KEY ?? env.OPENAI_BASE_URL) {
    providers.push({
      kind: 'openai',
      name: 'openai',
      apiKey: env.OPENAI_API_KEY?.reveal() ?? NO_KEY,
      ...(env.OPENAI_BASE_URL !== undefined && { baseURL: env.OPENAI_BASE_URL }),
      simulated: false,
    });
  }
  if (env.ANTHROPIC_API_KEY ?? env.ANTHROPIC_BASE_URL) {
    providers.push({
      kind: 'anthropic',
      name: 'anthropic',
      apiKey: env.ANTHROPIC_API_KEY?.reveal() ?? NO_KEY,
      ...(env.ANTHROPIC_BASE_URL !== undefined && { baseURL: env.ANTHROPIC_BASE_URL }),
      simulated: false,
    });
  }
  if (providers.length > 0 || simulator === undefined) return providers;
  const base = simulator.replace(/\/+$/, '');
  return [
    { kind: 'openai', name: 'openai', apiKey: NO_KEY, baseURL: `${base}/v1`, simulated: true },
    { kind: 'anthropic', name: 'anthropic', apiKey: NO_KEY, baseURL: base, simulated: true },
  ];
}

/** The SDKs insist on a key; servers that ask for none ignore it. */
const NO_KEY = 'none';
