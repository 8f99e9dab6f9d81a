import { readConfiguration, type RequestLimits } from '@pressroom/config';
import type { CapsConfig, RetentionConfig, ScalingConfig } from '@pressroom/engine';
import type { RedisAddress } from '@pressroom/queue';
import type { ConfigProblem, Secret } from '@pressroom/runtime';

const DEFAULT_PORT = 4_400;
/** How many times as many dead letters as in the window before are an alert: twice is a trend, less may be chance. */
const GROWTH_FACTOR = 2;

export interface CoordinatorConfig {
  http: { host: string; port: number };
  database: { url: Secret; poolSize: number };
  /** Absent: BullMQ and the cache live in PostgreSQL. */
  redis: RedisAddress | undefined;
  adminKey: Secret | undefined;
  /** What Prometheus and KEDA hold: it sees the fleet and nothing of any tenant. */
  monitorKey: Secret | undefined;
  /** Pools and their sizes, from `PRESSROOM_CONFIG`. */
  scaling: ScalingConfig;
  caps: CapsConfig;
  /** What one process grants to all callers, to one tenant and to one key. */
  limits: RequestLimits;
  retention: RetentionConfig;
  /** Stored bytes of inputs and outputs, for tenants without a limit of their own. */
  tenantStorageBytes: number;
  deadLetters: {
    /** Days that ended and open dead letters are kept. */
    retention: { endedDays: number; openDays: number };
    /** More than `minCount` new ones in a window, and more than `factor` times as many as in the one before, is an alert. */
    growth: { windowMs: number; minCount: number; factor: number };
  };
  shutdownMs: number;
  logLevel: string;
  /** For the log; they do not stop the start. */
  warnings: readonly ConfigProblem[];
}

/**
 * The coordinator's part of the configuration. `npm start` sets `DATABASE_URL` to the embedded server's; alone, the
 * coordinator needs one.
 * @throws {ConfigError} naming every problem of all processes' configuration at once
 */
export function parseCoordinatorConfig(env: Readonly<Record<string, string | undefined>>): CoordinatorConfig {
  const { variables, file, redis, databaseUrl, warnings } = readConfiguration(env, 'coordinator');
  return {
    http: { host: variables.HOST, port: variables.PORT ?? DEFAULT_PORT },
    database: { url: databaseUrl, poolSize: variables.PRESSROOM_DB_POOL_SIZE },
    redis,
    adminKey: variables.PRESSROOM_ADMIN_KEY,
    monitorKey: variables.PRESSROOM_MONITOR_KEY,
    scaling: file,
    caps: file.caps,
    limits: file.limits,
    retention: file.retention,
    tenantStorageBytes: variables.PRESSROOM_TENANT_STORAGE_BYTES,
    deadLetters: {
      retention: {
        endedDays: variables.PRESSROOM_DEAD_LETTER_ENDED_DAYS,
        openDays: variables.PRESSROOM_DEAD_LETTER_OPEN_DAYS,
      },
      growth: {
        windowMs: variables.PRESSROOM_DEAD_LETTER_ALERT_WINDOW_MS,
        minCount: variables.PRESSROOM_DEAD_LETTER_ALERT_COUNT,
        factor: GROWTH_FACTOR,
      },
    },
    shutdownMs: variables.PRESSROOM_SHUTDOWN_MS,
    logLevel: variables.LOG_LEVEL,
    warnings,
  };
}
