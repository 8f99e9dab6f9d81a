import { envChoice, envDurationMs, envInt, envPort, envSecret, envUrl, Secret } from '@pressroom/runtime';
import { z } from 'zod';

import { SimulatorVariables } from './simulator-variables.ts';

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
/** Minimum length of an API key, so that it cannot be guessed. */
const MIN_KEY_LENGTH = 24;
const apiKey = () =>
  envSecret({ minLength: MIN_KEY_LENGTH, hint: 'generate one with: openssl rand -base64 32' }).optional();

/** Default limit of a tenant's stored inputs and outputs: some millions of articles. */
const DEFAULT_TENANT_STORAGE_BYTES = 100 * 2 ** 30;

/** All variables of all Pressroom processes, with defaults for absent ones. */
export const Variables = z.object({
  ...SimulatorVariables.shape,
  HOST: z.string().trim().min(1).default('127.0.0.1'),
  PORT: envPort().optional(),
  DATABASE_URL: envUrl(['postgres:', 'postgresql:'])
    .transform((url) => new Secret(url))
    .optional(),
  REDIS_URL: z.string().optional(),
  REDIS_CLUSTER_NODES: z.string().optional(),
  REDIS_TLS_CA_FILE: z.string().optional(),
  REDIS_TLS_CERT_FILE: z.string().optional(),
  REDIS_TLS_KEY_FILE: z.string().optional(),
  PRESSROOM_ADMIN_KEY: apiKey(),
  PRESSROOM_MONITOR_KEY: apiKey(),
  PRESSROOM_CONFIG: z.string().optional(),
  PRESSROOM_DB_POOL_SIZE: envInt({ min: 2, max: 500 }).default(16),
  PRESSROOM_TENANT_STORAGE_BYTES: envInt({ min: 0 }).default(DEFAULT_TENANT_STORAGE_BYTES),
  PRESSROOM_DEAD_LETTER_ENDED_DAYS: envInt({ min: 1, max: 3_650 }).default(30),
  PRESSROOM_DEAD_LETTER_OPEN_DAYS: envInt({ min: 1, max: 3_650 }).default(180),
  PRESSROOM_DEAD_LETTER_ALERT_COUNT: envInt({ min: 1, max: 1_000_000 }).default(20),
  PRESSROOM_DEAD_LETTER_ALERT_WINDOW_MS: envInt({ min: 10_000, max: 86_400_000 }).default(600_000),
  PRESSROOM_SHUTDOWN_MS: envInt({ min: 0, max: 600_000 }).default(10_000),
  PRESSROOM_POOLS: z.string().optional(),
  PRESSROOM_CONCURRENCY: envInt({ min: 1, max: 1_000 }).default(16),
  PRESSROOM_SIMULATOR_URL: envUrl(['http:']).optional(),
  PRESSROOM_WORKER_HOST: z.string().trim().min(1).default('127.0.0.1'),
  PRESSROOM_WORKER_PORT: envPort().default(0),
  PRESSROOM_DRAIN: envDurationMs({ minMs: 0, maxMs: 3_600_000 }).default(20_000),
  OPENAI_API_KEY: envSecret().optional(),
  OPENAI_BASE_URL: envUrl(['http:', 'https:']).optional(),
  ANTHROPIC_API_KEY: envSecret().optional(),
  ANTHROPIC_BASE_URL: envUrl(['http:', 'https:']).optional(),
  LOG_LEVEL: envChoice(LOG_LEVELS).default('info'),
});
export type Variables = z.output<typeof Variables>;
