import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';

import { checkConfiguration } from '@pressroom/config';
import { ConfigError, type ConfigProblem, type Secret } from '@pressroom/runtime';

import { parseOptions, type Options } from './options.ts';

const VENDOR_VARIABLES = ['OPENAI_API_KEY', 'OPENAI_BASE_URL', 'ANTHROPIC_API_KEY', 'ANTHROPIC_BASE_URL'] as const;

type Environment = Readonly<Record<string, string | undefined>>;

export interface Config extends Options {
  /** Absolute path of the state directory. */
  home: string;
  host: string;
  /** `undefined`: the default port for `npm start`, any free one for a program that is run and done. */
  port: number | undefined;
  databaseUrl: string | undefined;
  adminKey: Secret | undefined;
  logLevel: string;
  /** A provider is set up in variables or in the configuration file; without one the offline simulator stands in. */
  hasProvider: boolean;
  workers: number;
  /** Where workers serve health and metrics; each takes a port of its own, counting up. Port 0: nowhere. */
  workerAddress: { host: string; port: number };
  /** Most workers that scaling may start. */
  maxWorkers: number;
  /** For the person at the terminal; they do not stop the start. */
  warnings: readonly ConfigProblem[];
}

/**
 * The supervisor's part of the configuration.
 * @throws {ConfigError} with every problem of the command line and of all processes' configuration at once
 */
export function readConfig(env: Environment, argv: readonly string[], checkoutDir: string): Config {
  const { options, problems: misused } = parseOptions(argv);
  const configFile = env['PRESSROOM_CONFIG'] ? resolve(checkoutDir, env['PRESSROOM_CONFIG']) : undefined;
  const { configuration, problems } = checkConfiguration({ ...env, PRESSROOM_CONFIG: configFile }, 'system');
  const all = [...problems, ...misused.map((message) => ({ path: 'command line', message }))];
  if (configuration === undefined || all.length > 0) {
    throw new ConfigError('the environment, the configuration file and the command line', all);
  }
  const { variables, file, warnings } = configuration;
  return {
    ...options,
    home: resolve(checkoutDir, variables.PRESSROOM_HOME),
    host: variables.HOST,
    port: variables.PORT,
    workerAddress: { host: variables.PRESSROOM_WORKER_HOST, port: variables.PRESSROOM_WORKER_PORT },
    databaseUrl: variables.DATABASE_URL?.reveal(),
    adminKey: variables.PRESSROOM_ADMIN_KEY,
    logLevel: variables.LOG_LEVEL,
    hasProvider: file.providers.length > 0 || VENDOR_VARIABLES.some((name) => variables[name] !== undefined),
    // Two, so that losing one is seen to be harmless; one where there is only one core to share.
    workers: options.workers ?? Math.min(2, availableParallelism()),
    maxWorkers: options.workers ?? Math.max(2, availableParallelism()),
    warnings,
  };
}
