import type { QueueState } from '@pressroom/contracts';
import {
  createAdmissionStore,
  createLoopLeaseStore,
  createQueueStateStore,
  createScheduleStore,
  createSubmitStore,
  createTaskTransitionStore,
  createTenantStore,
  type Database,
  type QueueStateRow,
} from '@pressroom/db';
import {
  createAdmission,
  createAdmittedSubmitter,
  createApprovals,
  createQueueControl,
  createScheduleRunner,
  startControlLoops,
  type AdmittedSubmitOutcome,
  type Dispatcher,
  type FindPipeline,
  type QueueControl,
  type SubmitOutcome,
  type SubmitRequest,
  type TaskTransitions,
} from '@pressroom/engine';
import type { QueueAdmin } from '@pressroom/queue';
import { sha256Hex, systemClock as clock, type Logger, type Shutdown } from '@pressroom/runtime';
import { randomBytes } from 'node:crypto';

import type { ControlPorts, Tenants } from '../control-ports.ts';
import type { PipelineRegistry, Principal } from '../ports.ts';
import { createSchedulePort } from './schedule-port.ts';
import { createSubmitScheduled } from './submit-scheduled.ts';

const SECRET_BYTES = 32;
/** `pr_` and six more, of more than forty: enough to recognise a key by, of no use for guessing it. */
const PREFIX_CHARACTERS = 9;

/**
 * Joins approvals, pauses, tenants and schedules to the engine and the stores, and starts the loops that look after them.
 * Answers also how tasks are submitted from here on: through admission.
 */
export async function startControl(
  database: Database,
  deps: {
    typeCaps: Readonly<Record<string, number>>;
    /** For tenants without a limit of their own. */
    tenantStorageBytes: number;
    defaultTenantId: string;
    pipelines: PipelineRegistry;
    findPipeline: FindPipeline;
    submit: (request: SubmitRequest) => Promise<SubmitOutcome>;
    transitions: TaskTransitions;
    dispatcher: Dispatcher;
    admin: QueueAdmin;
    log: Logger;
    shutdown: Shutdown;
  },
): Promise<{
  ports: ControlPorts;
  queueControl: QueueControl;
  submit: (request: SubmitRequest) => Promise<AdmittedSubmitOutcome>;
}> {
  const { findPipeline, dispatcher, log } = deps;
  const queueStates = createQueueStateStore(database);
  const known = new Set(deps.pipelines.list().map(({ type }) => type));
  for (const taskType of Object.keys(deps.typeCaps).filter((type) => !known.has(type))) {
    // A warning: another release of the fleet may know the type.
    log.warn({ taskType, known: [...known] }, 'caps.task_type_unknown');
  }
  await queueStates.replaceTypeCaps(deps.typeCaps);
  const queueControl = createQueueControl({ store: queueStates, admin: deps.admin, dispatcher, log });
  const approvals = createApprovals({ store: createTaskTransitionStore(database), findPipeline, dispatcher, log });
  const submit = createAdmittedSubmitter({
    admission: createAdmission({
      store: createAdmissionStore(database),
      maxStorageBytes: deps.tenantStorageBytes,
      clock,
      log,
    }),
    submit: deps.submit,
    store: createSubmitStore(database),
    findPipeline,
  });
  const schedules = createScheduleStore(database);
  const loops = startControlLoops({
    schedules: createScheduleRunner({
      store: schedules,
      submit: createSubmitScheduled({ submit, pipelines: deps.pipelines, clock }),
      clock,
      log,
    }),
    queues: queueControl,
    queueStates,
    transitions: deps.transitions,
    leases: createLoopLeaseStore(database),
    clock,
    log,
  });
  deps.shutdown.register('control loops', () => loops.stop());
  return {
    queueControl,
    submit,
    ports: {
      approvals: {
        approve: (taskId, tenantId, { gate, edits }, actor) =>
          approvals.approve(taskId, tenantId, { gate, edits, actor: actorOf(actor) }),
        reject: (taskId, tenantId, { gate, reason }, actor) =>
          approvals.reject(taskId, tenantId, { gate, reason, actor: actorOf(actor) }),
      },
      queues: {
        pause: async (queue, actor) => toQueueState(await queueControl.pause(queue, actorOf(actor))),
        resume: async (queue, actor) => toQueueState(await queueControl.resume(queue, actorOf(actor))),
      },
      tenants: createTenantPort(database),
      schedules: createSchedulePort({ store: schedules, defaultTenantId: deps.defaultTenantId, clock }),
    },
  };
}

const actorOf = ({ keyId, role }: Principal) => ({ keyId, role });

const toQueueState = ({ name, paused, changedAt, changedBy }: QueueStateRow): QueueState => ({
  name,
  paused,
  changedAt: changedAt.toISOString(),
  changedBy,
});

function createTenantPort(database: Database): Tenants {
  const store = createTenantStore(database);
  return {
    list: (page) => store.list(page),
    get: (id) => store.get(id),
    create: (tenant, actor) => store.create(tenant, actorOf(actor)),
    update: (id, changes, actor) => store.update(id, changes, actorOf(actor)),
    keys: (tenantId, page) => store.keys(tenantId, page),
    async addKey(tenantId, { role, name, expiresAt }, actor) {
      const secret = `pr_${randomBytes(SECRET_BYTES).toString('base64url')}`;
      const newKey = {
        role,
        secretHash: sha256Hex(secret),
        name: name ?? null,
        prefix: secret.slice(0, PREFIX_CHARACTERS),
        expiresAt: expiresAt === undefined ? null : new Date(expiresAt),
      };
      const key = await store.addKey(tenantId, newKey, actorOf(actor));
      return key && { ...key, secret };
    },
    removeKey: (tenantId, keyId, actor) => store.removeKey(tenantId, keyId, actorOf(actor)),
  };
}
