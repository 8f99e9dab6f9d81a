import { ALL_QUEUES } from '@pressroom/contracts';
import {
  connectDatabase,
  createAccessStore,
  createDispatchStore,
  createEventFeed,
  createFleetStore,
  createLoopLeaseStore,
  createMoneyStore,
  createRenderingStore,
  createSessionStore,
  createSubmitStore,
  createTaskCountStore,
  createTaskQueryStore,
  createTaskTransitionStore,
  verifyPooling,
  verifySchema,
  type AccessStore,
} from '@pressroom/db';
import {
  createDispatcher,
  createSubmitter,
  createTaskTransitions,
  startCoordinatorLoops,
  type FindPipeline,
} from '@pressroom/engine';
import { createProducer, createQueueAdmin, createQueueBackend, QueueStoreUnavailableError } from '@pressroom/queue';
import {
  ConfigError,
  createSandboxMetrics,
  errorMessage,
  sha256Hex,
  systemClock as clock,
  systemRandom as random,
  type Logger,
  type Metrics,
  type Shutdown,
} from '@pressroom/runtime';
import type { CoordinatorConfig } from '../config.ts';
import { createResultRenderer, type ResultRenderer } from '../rendering/result-renderer.ts';
import type { ControlPorts } from '../control-ports.ts';
import type {
  EventFeed,
  FleetQueries,
  KeyStore,
  PipelineRegistry,
  Readiness,
  RetentionQueries,
  TaskCommands,
  TaskQueries,
} from '../ports.ts';
import { startControl } from './control.ts';
import { startDeadLetters, type DeadLetterPorts } from './dead-letters.ts';
import { startFleet } from './fleet.ts';
import { createKeyUsage, type KeyUsage } from './key-usage.ts';
import { startRetention } from './retention.ts';
import { createReadiness } from './readiness.ts';
import { createTaskGauges } from './task-gauges.ts';
import { createTaskCommands } from './task-commands.ts';

export interface Dependencies extends DeadLetterPorts, ControlPorts {
  commands: TaskCommands;
  queries: TaskQueries;
  feed: EventFeed;
  keys: KeyStore;
  readiness: Readiness;
  fleet: FleetQueries;
  retention: RetentionQueries;
  renderer: ResultRenderer;
}

/** The tenant of work that names none: single-tenant installations need no other. */
const DEFAULT_TENANT = 'default';

/**
 * Joins the API's ports to the engine and the stores, and starts what coordinators watch over.
 * @throws {ConfigError} when neither the environment nor the database has an admin key
 */
export async function createDependencies(
  config: CoordinatorConfig,
  owned: {
    findPipeline: FindPipeline;
    listPipelines?: PipelineRegistry['list'];
    metrics?: Metrics;
    log: Logger;
    shutdown: Shutdown;
  },
): Promise<Dependencies> {
  const { findPipeline, log, shutdown } = owned;
  const url = config.database.url.reveal();
  const database = connectDatabase({
    url,
    applicationName: 'pressroom-coordinator',
    maxConnections: config.database.poolSize,
    log,
  });
  shutdown.register('database', () => database.close());
  await verifyPooling(url);
  await verifySchema(database);
  const access = createAccessStore(database);
  const defaultTenantId = await access.ensureTenant(DEFAULT_TENANT);
  if (config.adminKey) await access.ensureAdminKey(hashSecret(config.adminKey.reveal()));
  else if (!(await access.hasAdminKey())) throw missingAdminKey();
  if (config.monitorKey) await access.ensureMonitorKey(hashSecret(config.monitorKey.reveal()));

  const usage = createKeyUsage({ write: (uses) => access.recordUses(uses), clock, log });
  shutdown.register('key usage', () => usage.stop());

  const backend = createQueueBackend(
    config.redis === undefined
      ? { kind: 'postgres', databaseUrl: url, log }
      : { kind: 'redis', address: config.redis, log },
  );
  shutdown.register('queue store', () => backend.close());
  await backend.prepare().catch((error: unknown) => {
    // A queue store that is away delays dispatch; one that is unsuitable would lose locks, so it stops the start.
    if (!(error instanceof QueueStoreUnavailableError)) throw error;
    log.warn({ reason: errorMessage(error) }, 'queue.unavailable_at_start');
  });
  const producer = createProducer({ backend, log });
  shutdown.register('producer', () => producer.close());
  const admin = createQueueAdmin({ backend });
  shutdown.register('queue admin', () => admin.close());

  const transitions = createTaskTransitions({ store: createTaskTransitionStore(database), findPipeline, random, log });
  const dispatcher = createDispatcher({ store: createDispatchStore(database, ALL_QUEUES), jobs: producer, clock, log });
  shutdown.register('dispatcher', () => dispatcher.stop());
  const fleet = createFleetStore(database);
  const loops = startCoordinatorLoops({
    sessions: createSessionStore(database),
    fleet,
    money: createMoneyStore(database),
    leases: createLoopLeaseStore(database),
    dispatcher,
    transitions,
    clock,
    log,
  });
  shutdown.register('loops', () => loops.stop());

  if (owned.metrics) createTaskGauges(owned.metrics, { store: createTaskCountStore(database), clock, log });
  const renderer = createResultRenderer({
    store: createRenderingStore(database),
    findPipeline,
    log,
    ...(owned.metrics && { onJob: createSandboxMetrics(owned.metrics) }),
  });
  shutdown.register('result renderer', () => renderer.close());
  const submit = createSubmitter({ store: createSubmitStore(database), jobs: producer, dispatcher, findPipeline, log });
  const { ports: deadLetters, restarts } = startDeadLetters(database, {
    config: config.deadLetters,
    findPipeline,
    requestDispatch: () => {
      dispatcher.requestDispatch();
    },
    metrics: owned.metrics,
    log,
    shutdown,
  });
  const control = await startControl(database, {
    typeCaps: config.caps.taskType,
    tenantStorageBytes: config.tenantStorageBytes,
    defaultTenantId,
    pipelines: { find: findPipeline, list: owned.listPipelines ?? (() => []) },
    findPipeline,
    submit,
    transitions,
    dispatcher,
    admin,
    log,
    shutdown,
  });
  return {
    ...deadLetters,
    ...control.ports,
    commands: createTaskCommands({ submit: control.submit, transitions, restarts, defaultTenantId }),
    queries: createTaskQueryStore(database),
    feed: createEventFeed(database),
    retention: startRetention(database, { config, metrics: owned.metrics, log, shutdown }),
    keys: createKeyStore(access, usage),
    renderer,
    readiness: createReadiness({ database: () => database.ping(), queue: () => admin.ping() }, owned.metrics),
    fleet: startFleet(database, {
      fleet,
      admin,
      control: control.queueControl,
      backend,
      config: config.scaling,
      metrics: owned.metrics,
      log,
      shutdown,
    }),
  };
}

const missingAdminKey = (): ConfigError =>
  new ConfigError('the environment', [
    {
      path: 'PRESSROOM_ADMIN_KEY',
      message:
        'is required while the database holds no admin key, because no request could be authorised: set it to 24 characters or ' +
        'more (openssl rand -base64 32), or start with `npm start`, which makes one',
    },
  ]);

/** Keys are looked up by this hash; secrets have enough entropy that a plain hash is not guessable. */
const hashSecret = (secret: string): string => sha256Hex(secret);

/** Lookups are remembered for a second, so that a use is noted about once a second. */
const createKeyStore = (access: AccessStore, usage: KeyUsage): KeyStore => ({
  async findBySecretHash(hash) {
    const holder = await access.findBySecretHash(hash);
    if (holder) usage.touch(holder.keyId);
    return holder;
  },
});
