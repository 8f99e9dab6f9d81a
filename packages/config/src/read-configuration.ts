import { readToolSecrets, type ToolSecrets } from '@pressroom/agents/config';
import { ALL_QUEUES, type QueueName } from '@pressroom/contracts';
import type { ProviderConfig } from '@pressroom/llm/config';
import { parsePools, readRedisAddress, type RedisAddress } from '@pressroom/queue/config';
import { checkConfig, ConfigError, type ConfigProblem, errorMessage, type Secret } from '@pressroom/runtime';

import { checkConfigFile, type ConfigFile } from './config-file.ts';
import { environmentProviders } from './environment-providers.ts';
import { findUnknownVariables } from './unknown-variables.ts';
import { Variables } from './variables.ts';

/** `system` is the supervisor, which starts a database and a simulator if none is configured. */
export type ProcessRole = 'system' | 'coordinator' | 'worker';

/** The whole configuration. Every process validates all of it, so that either all processes start or none. */
export interface Configuration {
  variables: Variables;
  file: ConfigFile;
  /** Absent: queues are stored in PostgreSQL. */
  redis: RedisAddress | undefined;
  /** Queues consumed by a worker. */
  queues: readonly QueueName[];
  /** From the environment, then from the file. */
  providers: readonly ProviderConfig[];
  toolSecrets: ToolSecrets;
  /** Unknown variables. They do not prevent the start, because a newer release or another program may read them. */
  warnings: readonly ConfigProblem[];
}

type Environment = Readonly<Record<string, string | undefined>>;

/** @throws {ConfigError} with all problems in environment and file */
export function readConfiguration(env: Environment, role: ProcessRole): Configuration & { databaseUrl: Secret } {
  const { configuration, problems } = checkConfiguration(env, role);
  const databaseUrl = configuration?.variables.DATABASE_URL;
  if (problems.length > 0 || configuration === undefined || databaseUrl === undefined) {
    throw new ConfigError('the configuration', problems);
  }
  return { ...configuration, databaseUrl };
}

/** Like `readConfiguration`, for callers that add their own problems or need no database. */
export function checkConfiguration(
  env: Environment,
  role: ProcessRole,
): { configuration: Configuration | undefined; problems: readonly ConfigProblem[] } {
  const problems: ConfigProblem[] = [];
  const parsed = checkConfig(Variables, env);
  if (!parsed.ok) problems.push(...parsed.problems);
  problems.push(...findMissing(env, role), ...findReusedKey(env));
  const redis = collect(problems, () => readRedisAddress(env));
  const queues = collect(problems, () => readPools(env['PRESSROOM_POOLS']));
  const file = checkConfigFile(env['PRESSROOM_CONFIG'] || undefined);
  if (!file.ok) problems.push(...file.problems);
  // A coordinator runs no tools, so their keys may be absent from its environment.
  const tools = file.ok ? readToolSecrets(file.data.tools, env) : undefined;
  if (tools && role !== 'coordinator') {
    problems.push(...tools.problems.map((problem) => ({ ...problem, path: `PRESSROOM_CONFIG: ${problem.path}` })));
  }
  if (!parsed.ok || !file.ok || problems.length > 0) return { configuration: undefined, problems };
  const providers = [...environmentProviders(parsed.data), ...file.data.providers];
  if (role === 'worker' && providers.length === 0) {
    const message =
      'no provider is configured: set a provider’s key, list providers in PRESSROOM_CONFIG, or start with `npm start`, which includes the offline simulator';
    return { configuration: undefined, problems: [{ path: 'OPENAI_API_KEY', message }] };
  }
  const configuration: Configuration = {
    variables: parsed.data,
    file: file.data,
    redis,
    queues: queues ?? ALL_QUEUES,
    providers,
    toolSecrets: tools?.secrets ?? new Map(),
    warnings: findUnknownVariables(env, tools?.secrets.keys() ?? []),
  };
  return { configuration, problems };
}

function findMissing(env: Environment, role: ProcessRole): ConfigProblem[] {
  if (role === 'system' || env['DATABASE_URL']) return [];
  const message =
    'is required: set it to postgresql://user:password@host:5432/database, or start with `npm start`, which includes a database';
  return [{ path: 'DATABASE_URL', message }];
}

function findReusedKey({ PRESSROOM_ADMIN_KEY: admin, PRESSROOM_MONITOR_KEY: monitor }: Environment): ConfigProblem[] {
  if (!admin || admin.trim() !== monitor?.trim()) return [];
  return [{ path: 'PRESSROOM_MONITOR_KEY', message: 'must not be the admin key; generate another one' }];
}

const readPools = (spec: string | undefined): readonly QueueName[] => {
  if (!spec) return ALL_QUEUES;
  try {
    return parsePools(spec);
  } catch (error) {
    throw new ConfigError('the environment', [{ path: 'PRESSROOM_POOLS', message: errorMessage(error) }]);
  }
};

function collect<T>(problems: ConfigProblem[], work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    problems.push(...error.problems);
    return undefined;
  }
}
