import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';

import { envChoice, envPort, envSecret, envUrl, parseConfig, type Secret } from '@pressroom/runtime';
import { z } from 'zod';

import { parseOptions, type Options } from './options.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export interface Config extends Options {
  /** Absolute path of the state directory. */
  home: string;
  host: string;
  /** `undefined`: the default port for `npm start`, any free one for a program that is run and done. */
  port: number | undefined;
  databaseUrl: string | undefined;
  adminKey: Secret | undefined;
  configFile: string | undefined;
  logLevel: string;
  /** A provider is set up through the SDKs' own variables. */
  hasProvider: boolean;
  workers: number;
  /** Most workers that scaling may start. */
  maxWorkers: number;
}

const schema = z.object({
  PRESSROOM_HOME: z.string().default('.pressroom'),
  HOST: z.string().default('127.0.0.1'),
  PORT: envPort().optional(),
  DATABASE_URL: envUrl(['postgresql:', 'postgres:']).optional(),
  REDIS_URL: envUrl(['redis:', 'rediss:']).optional(),
  PRESSROOM_ADMIN_KEY: envSecret({ minLength: 16 }).optional(),
  PRESSROOM_CONFIG: z.string().optional(),
  LOG_LEVEL: envChoice(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  OPENAI_API_KEY: z.string().optional(),
  OPENAI_BASE_URL: envUrl(['http:', 'https:']).optional(),
  ANTHROPIC_API_KEY: z.string().optional(),
  ANTHROPIC_BASE_URL: envUrl(['http:', 'https:']).optional(),
  'command line': z.array(z.string()).transform((argv, context) => {
    const { options, problems } = parseOptions(argv);
    for (const message of problems) context.addIssue({ code: 'custom', message });
    return options;
  }),
});

/** @throws ConfigError with every problem of environment and command line at once */
export function readConfig(env: Environment, argv: readonly string[], checkoutDir: string): Config {
  const parsed = parseConfig(schema, { ...env, 'command line': argv }, 'the environment and the command line');
  const options = parsed['command line'];
  return {
    ...options,
    home: resolve(checkoutDir, parsed.PRESSROOM_HOME),
    host: parsed.HOST,
    port: parsed.PORT,
    databaseUrl: parsed.DATABASE_URL,
    adminKey: parsed.PRESSROOM_ADMIN_KEY,
    configFile: parsed.PRESSROOM_CONFIG && resolve(checkoutDir, parsed.PRESSROOM_CONFIG),
    logLevel: parsed.LOG_LEVEL,
    hasProvider: [
      parsed.OPENAI_API_KEY,
      parsed.OPENAI_BASE_URL,
      parsed.ANTHROPIC_API_KEY,
      parsed.ANTHROPIC_BASE_URL,
    ].some((value) => value !== undefined),
    // Two, so that losing one is seen to be harmless; one where there is only one core to share.
    workers: options.workers ?? Math.min(2, availableParallelism()),
    maxWorkers: options.workers ?? Math.max(2, availableParallelism()),
  };
}
