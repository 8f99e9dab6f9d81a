import { CapsConfig, ScalingConfig } from '@pressroom/engine';
import {
  ConfigError,
  envChoice,
  envInt,
  envList,
  envPort,
  envSecret,
  envUrl,
  parseConfig,
  Secret,
} from '@pressroom/runtime';
import { z } from 'zod';

import { readConfigFile } from './config-file.ts';
import { RequestLimits } from './core/request-limits.ts';

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

/** Characters an admin key must have, so that it cannot be guessed. */
export const MIN_ADMIN_KEY_LENGTH = 24;

/** How many times as many dead letters as in the window before are an alert: twice is a trend, less may be chance. */
const GROWTH_FACTOR = 2;

const HostPort = /^[\w.:[\]-]+:\d{1,5}$/;

const Environment = z.object({
  HOST: z.string().trim().min(1).default('127.0.0.1'),
  PORT: envPort().default(4_400),
  DATABASE_URL: envUrl(['postgres:', 'postgresql:']).transform((url) => new Secret(url)),
  REDIS_URL: envUrl(['redis:', 'rediss:'])
    .transform((url) => new Secret(url))
    .optional(),
  REDIS_CLUSTER_NODES: envList()
    .refine((nodes) => nodes.every((node) => HostPort.test(node)), 'must be host:port,host:port,…')
    .optional(),
  PRESSROOM_ADMIN_KEY: envSecret({ minLength: MIN_ADMIN_KEY_LENGTH }).optional(),
  PRESSROOM_MONITOR_KEY: envSecret({ minLength: MIN_ADMIN_KEY_LENGTH }).optional(),
  PRESSROOM_CONFIG: z.string().min(1).optional(),
  PRESSROOM_DB_POOL_SIZE: envInt({ min: 2, max: 500 }).default(16),
  PRESSROOM_DEAD_LETTER_ENDED_DAYS: envInt({ min: 1, max: 3_650 }).default(30),
  PRESSROOM_DEAD_LETTER_OPEN_DAYS: envInt({ min: 1, max: 3_650 }).default(180),
  PRESSROOM_DEAD_LETTER_ALERT_COUNT: envInt({ min: 1, max: 1_000_000 }).default(20),
  PRESSROOM_DEAD_LETTER_ALERT_WINDOW_MS: envInt({ min: 10_000, max: 86_400_000 }).default(600_000),
  PRESSROOM_SHUTDOWN_MS: envInt({ min: 0, max: 600_000 }).default(10_000),
  LOG_LEVEL: envChoice(LOG_LEVELS).default('info'),
});

export interface CoordinatorConfig {
  http: { host: string; port: number };
  database: { url: Secret; poolSize: number };
  /** Absent: BullMQ and the cache live in PostgreSQL. */
  redis: { url: Secret | undefined; clusterNodes: readonly string[] } | undefined;
  adminKey: Secret | undefined;
  /** What Prometheus and KEDA hold: it sees the fleet and nothing of any tenant. */
  monitorKey: Secret | undefined;
  /** Pools and their sizes, from `PRESSROOM_CONFIG`. */
  scaling: ScalingConfig;
  caps: CapsConfig;
  /** What one process grants to all callers, to one tenant and to one key. */
  limits: RequestLimits;
  deadLetters: {
    /** Days that ended and open dead letters are kept. */
    retention: { endedDays: number; openDays: number };
    /** More than `minCount` new ones in a window, and more than `factor` times as many as in the one before, is an alert. */
    growth: { windowMs: number; minCount: number; factor: number };
  };
  shutdownMs: number;
  logLevel: string;
}

/**
 * The coordinator's configuration from its environment. `npm start` sets `DATABASE_URL` to the embedded server's; alone,
 * the coordinator needs one.
 * @throws ConfigError naming every problem at once
 */
export function parseCoordinatorConfig(env: Readonly<Record<string, string | undefined>>): CoordinatorConfig {
  const values = parseConfig(Environment, env);
  const adminKey = values.PRESSROOM_ADMIN_KEY?.reveal();
  if (adminKey !== undefined && adminKey === values.PRESSROOM_MONITOR_KEY?.reveal()) {
    const problem = { path: 'PRESSROOM_MONITOR_KEY', message: 'must not be the admin key' };
    throw new ConfigError('the environment', [problem]);
  }
  const file = readConfigFile(
    values.PRESSROOM_CONFIG,
    ScalingConfig.extend({ caps: CapsConfig, limits: RequestLimits }),
  );
  const hasRedis = values.REDIS_URL !== undefined || values.REDIS_CLUSTER_NODES !== undefined;
  return {
    http: { host: values.HOST, port: values.PORT },
    database: { url: values.DATABASE_URL, poolSize: values.PRESSROOM_DB_POOL_SIZE },
    redis: hasRedis ? { url: values.REDIS_URL, clusterNodes: values.REDIS_CLUSTER_NODES ?? [] } : undefined,
    adminKey: values.PRESSROOM_ADMIN_KEY,
    monitorKey: values.PRESSROOM_MONITOR_KEY,
    scaling: file,
    caps: file.caps,
    limits: file.limits,
    deadLetters: {
      retention: {
        endedDays: values.PRESSROOM_DEAD_LETTER_ENDED_DAYS,
        openDays: values.PRESSROOM_DEAD_LETTER_OPEN_DAYS,
      },
      growth: {
        windowMs: values.PRESSROOM_DEAD_LETTER_ALERT_WINDOW_MS,
        minCount: values.PRESSROOM_DEAD_LETTER_ALERT_COUNT,
        factor: GROWTH_FACTOR,
      },
    },
    shutdownMs: values.PRESSROOM_SHUTDOWN_MS,
    logLevel: values.LOG_LEVEL,
  };
}
