import {
  createAlertStore,
  createAuditStore,
  createDeadLetterQueryStore,
  createDeadLetterStore,
  createLoopLeaseStore,
  createOperationStore,
  createTaskOperationStore,
  createTaskRestartStore,
  type Database,
  type DeadLetterQueryStore,
  type DeadLetterStore,
  type OperationStore,
} from '@pressroom/db';
import {
  createDeadLetterWatch,
  createOperationRunner,
  createTaskRestarts,
  startDeadLetterLoops,
  stepPayload,
  type FindPipeline,
  type TaskRestarts,
} from '@pressroom/engine';
import { systemClock as clock, type Logger, type Metrics, type Shutdown } from '@pressroom/runtime';

import type { CoordinatorConfig } from '../config.ts';
import type {
  AlertQueries,
  AuditQueries,
  BulkRequest,
  BulkTaskCommands,
  DeadLetterCommands,
  DeadLetterQueries,
  Operations,
  Principal,
} from '../ports.ts';

/** Redrives a second of an operation that names no rate: thousands in a few minutes, and hardly felt beside other work. */
const DEFAULT_REDRIVES_PER_SECOND = 50;

export interface DeadLetterPorts {
  deadLetters: DeadLetterQueries;
  deadLetterCommands: DeadLetterCommands;
  operations: Operations;
  bulkTasks: BulkTaskCommands;
  audit: AuditQueries;
  alerts: AlertQueries;
}

/**
 * Joins dead letters, operations, audit and alerts to their stores, and starts the loops that carry bulk operations out
 * and watch growth.
 */
export function startDeadLetters(
  database: Database,
  deps: {
    config: CoordinatorConfig['deadLetters'];
    findPipeline: FindPipeline;
    /** Called when steps have become ready. */
    requestDispatch: () => void;
    metrics: Metrics | undefined;
    log: Logger;
    shutdown: Shutdown;
  },
): { ports: DeadLetterPorts; restarts: TaskRestarts } {
  const { config, log } = deps;
  const deadLetters = createDeadLetterStore(database);
  const operations = createOperationStore(database);
  const taskOperations = createTaskOperationStore(database);
  const alerts = createAlertStore(database);
  const audit = createAuditStore(database);
  const restarts = createTaskRestarts({
    store: createTaskRestartStore(database),
    findPipeline: deps.findPipeline,
    requestDispatch: deps.requestDispatch,
    log,
  });
  const open = deps.metrics?.gauge('dead_letters_open', 'Dead letters that were neither redriven nor discarded');
  const loops = startDeadLetterLoops({
    operations: createOperationRunner({ operations, tasks: taskOperations, deadLetters, restarts, clock, log }),
    watch: createDeadLetterWatch({ deadLetters, alerts, growth: config.growth, log }),
    deadLetters,
    leases: createLoopLeaseStore(database),
    onOpenCount: (count) => open?.set(count),
    clock,
    log,
  });
  deps.shutdown.register('dead letter loops', () => loops.stop());
  const queries = createDeadLetterQueryStore(database);
  return {
    restarts,
    ports: {
      ...toPorts({ queries, deadLetters, operations, restarts }),
      bulkTasks: {
        begin: (kind, { selection, reason, ratePerSecond, limit, dryRun }, { keyId, role }) =>
          taskOperations.create({
            kind,
            selection,
            options: reason === undefined ? {} : { reason },
            ratePerSecond: ratePerSecond ?? null,
            limit: limit ?? null,
            dryRun,
            actor: { keyId, role },
          }),
      },
      audit: { list: (filter, page) => audit.list(filter, page) },
      alerts: { list: (tenantId, page) => alerts.list(tenantId, page) },
    },
  };
}

function toPorts(deps: {
  queries: DeadLetterQueryStore;
  deadLetters: DeadLetterStore;
  operations: OperationStore;
  restarts: TaskRestarts;
}): Omit<DeadLetterPorts, 'audit' | 'alerts' | 'bulkTasks'> {
  const { queries, deadLetters, operations, restarts } = deps;
  const actorOf = ({ keyId, role }: Principal) => ({ keyId, role });

  const begin = (
    kind: 'dead_letter.redrive' | 'dead_letter.discard',
    bulk: BulkRequest,
    options: Readonly<Record<string, unknown>>,
    defaultRate: number | null,
    actor: Principal,
  ) =>
    operations.create({
      kind,
      selection: bulk.selection,
      options,
      ratePerSecond: bulk.ratePerSecond ?? defaultRate,
      limit: bulk.limit ?? null,
      dryRun: bulk.dryRun,
      actor: actorOf(actor),
    });

  return {
    deadLetters: {
      list: (selection, page) => queries.list(selection, page),
      groups: (selection, page) => queries.groups(selection, page),
      async get(id, tenantId) {
        const found = await queries.get(id, tenantId);
        if (!found) return undefined;
        const { view, params, taskInput } = found;
        return taskInput === null ? view : { ...view, payload: stepPayload(params, taskInput) };
      },
    },
    deadLetterCommands: {
      redrive: (id, tenantId, request, actor) => restarts.redrive(id, tenantId, request, actorOf(actor)),
      discard: (id, tenantId, reason, actor) => deadLetters.discard(id, tenantId, reason, actorOf(actor)),
      redriveAll: (bulk, request, actor) =>
        begin('dead_letter.redrive', bulk, request, DEFAULT_REDRIVES_PER_SECOND, actor),
      discardAll: (bulk, reason, actor) => begin('dead_letter.discard', bulk, { reason }, null, actor),
    },
    operations: {
      get: (id, tenantId) => operations.get(id, tenantId),
      list: (tenantId, page) => operations.list(tenantId, page),
      abort: (id, tenantId, actor) => operations.abort(id, tenantId, actorOf(actor)),
    },
  };
}
