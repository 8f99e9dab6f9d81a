export { AppError, errorMessage, type AppErrorOptions } from './app-error.ts';
export { LeaseLostError } from './lease-lost-error.ts';
export { systemClock, type Clock } from './clock.ts';
export { seededRandom, systemRandom, type Random } from './random.ts';
export { newId } from './ids.ts';
export { calculateBackoffMs } from './backoff.ts';
export { createLogger, silentLogger, type Logger } from './logger.ts';
export { cleanForLog } from './clean-for-log.ts';
export { createBatcher } from './batching/batcher.ts';
export { createIsolatingBatcher } from './batching/isolating-batcher.ts';
export { announceReady, watchParent } from './parent-watch.ts';
export { acquirePidLock, type PidLock } from './pid-lock.ts';
export { identifyProcess } from './process-identity.ts';
export { findFreePort, probePort } from './tcp-port.ts';
export { Secret } from './secret.ts';
export { readOrCreateSecretFile } from './secret-file.ts';
export { checkConfig, ConfigError, parseConfig, type ConfigCheck, type ConfigProblem } from './config.ts';
export { envBoolean, envChoice, envDurationMs, envInt, envList, envPort, envSecret, envUrl } from './env-values.ts';
export { createShutdown, type Closer, type Shutdown } from './shutdown.ts';
export { endOnUncaughtErrors } from './uncaught-errors.ts';
export { createMetrics, METRIC_LABELS, type MetricLabel, type Metrics } from './metrics.ts';
export { startHealthServer, type HealthCheck, type HealthServer } from './http-health.ts';
export { createFairSlots, type FairSlots } from './fair-slots.ts';
export { createSemaphore, type Release, type Semaphore } from './semaphore.ts';
export { childDeadline, deadlineSignal, type DeadlineSignal } from './deadline.ts';
export { bounded } from './bounded.ts';
export { canonicalJson, contentHash, sha256Hex } from './canonical-json.ts';
export {
  createGuardedFetch,
  DEFAULT_FETCH_LIMITS,
  type FetchedDocument,
  type FetchLimits,
  type FetchOptions,
  type GuardedFetch,
  type Resolve,
} from './egress/guarded-fetch.ts';
export {
  EgressBlockedError,
  FetchFailedError,
  FetchTimedOutError,
  FetchTooLargeError,
  FetchUnsupportedTypeError,
  RobotsDisallowedError,
} from './egress/fetch-errors.ts';
export { createOriginFetch, type FetchFunction } from './egress/origin-fetch.ts';
export { createRobotsGate, type RobotsGate } from './egress/robots-gate.ts';
export { allowEndpoints, type AllowEndpoint, type Endpoint } from './egress/vet-target.ts';
export { isPublicAddress } from './egress/is-public-address.ts';
export { createSandboxPool, type SandboxPool, type SandboxPoolOptions } from './sandbox/sandbox-pool.ts';
export {
  SandboxFailedError,
  SandboxMemoryError,
  SandboxTimeoutError,
  SandboxUnavailableError,
} from './sandbox/sandbox-errors.ts';
export { createSandboxMetrics } from './sandbox/sandbox-metrics.ts';
export { serveSandbox } from './sandbox/serve-sandbox.ts';
