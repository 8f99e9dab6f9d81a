import type { Clock, Logger, Metrics } from '@pressroom/runtime';

import type { ControlPorts } from '../control-ports.ts';
import type { RequestLimits } from '../core/request-limits.ts';
import type { EventHub } from '../events/event-hub.ts';
import type { Authenticator } from '../middleware/authenticate.ts';
import type {
  AlertQueries,
  AuditQueries,
  BulkTaskCommands,
  DeadLetterCommands,
  DeadLetterQueries,
  EventFeed,
  FleetQueries,
  Operations,
  PipelineRegistry,
  Readiness,
  RetentionQueries,
  TaskCommands,
  TaskQueries,
} from '../ports.ts';
import { abortOperation } from '../routes/abort-operation.ts';
import { alerts } from '../routes/alerts.ts';
import { audit } from '../routes/audit.ts';
import { bulkDiscard } from '../routes/bulk-discard.ts';
import { bulkRedrive } from '../routes/bulk-redrive.ts';
import { bulkCancelTasks, bulkRetryTasks } from '../routes/bulk-tasks.ts';
import { cancelTask } from '../routes/cancel-task.ts';
import { approveTask, rejectTask } from '../routes/decide-gate.ts';
import { deadLetterGroups } from '../routes/dead-letter-groups.ts';
import { deleteTask } from '../routes/delete-task.ts';
import { discardDeadLetter } from '../routes/discard-dead-letter.ts';
import { documentation } from '../routes/documentation.ts';
import { fleet } from '../routes/fleet.ts';
import { getDeadLetter } from '../routes/get-dead-letter.ts';
import { getOperation } from '../routes/get-operation.ts';
import { getTask } from '../routes/get-task.ts';
import { healthz, readyz } from '../routes/health.ts';
import { listDeadLetters } from '../routes/list-dead-letters.ts';
import { listOperations } from '../routes/list-operations.ts';
import { listTasks } from '../routes/list-tasks.ts';
import { metrics } from '../routes/metrics.ts';
import { pages } from '../routes/pages.ts';
import { pauseQueue, resumeQueue } from '../routes/queue-state.ts';
import { redriveDeadLetter } from '../routes/redrive-dead-letter.ts';
import { retention } from '../routes/retention.ts';
import { retryTask } from '../routes/retry-task.ts';
import { poolScaling, scaling } from '../routes/scaling.ts';
import { createSchedule, deleteSchedule, getSchedule, listSchedules, updateSchedule } from '../routes/schedules.ts';
import { stepOutput } from '../routes/step-output.ts';
import { submitBulk } from '../routes/submit-bulk.ts';
import { submitTask } from '../routes/submit-task.ts';
import { taskCalls } from '../routes/task-calls.ts';
import { taskEvents } from '../routes/task-events.ts';
import { taskResult } from '../routes/task-result.ts';
import { taskSteps } from '../routes/task-steps.ts';
import { taskTypes } from '../routes/task-types.ts';
import {
  createKey,
  createPlatformKey,
  deleteKey,
  deletePlatformKey,
  listKeys,
  listPlatformKeys,
} from '../routes/tenant-keys.ts';
import type { ResultRenderer } from '../rendering/result-renderer.ts';
import { createTenant, getTenant, listTenants, updateTenant } from '../routes/tenants.ts';
import type { Route } from './route.ts';

export interface RouteTableDeps extends ControlPorts {
  commands: TaskCommands;
  queries: TaskQueries;
  feed: EventFeed;
  readiness: Readiness;
  fleet: FleetQueries;
  deadLetters: DeadLetterQueries;
  deadLetterCommands: DeadLetterCommands;
  operations: Operations;
  bulkTasks: BulkTaskCommands;
  audit: AuditQueries;
  retention: RetentionQueries;
  alerts: AlertQueries;
  pipelines: PipelineRegistry;
  renderer: Omit<ResultRenderer, 'close'>;
  events: EventHub;
  authenticator: Authenticator;
  metrics: Metrics;
  clock: Clock;
  log: Logger;
  version: string;
  isDraining: () => boolean;
  limits: RequestLimits;
  storeTimeoutMs: number;
  heartbeatMs: number;
}

/** Everything that is served, the hottest first. Routing, authorisation and the OpenAPI document follow from it. */
export function createRouteTable(deps: RouteTableDeps): readonly Route[] {
  const table: Route[] = [
    submitTask(deps),
    listTasks(deps),
    submitBulk(deps),
    bulkCancelTasks(deps),
    bulkRetryTasks(deps),
    getTask(deps),
    deleteTask(deps),
    taskResult(deps),
    taskSteps(deps),
    stepOutput(deps),
    taskCalls(deps),
    taskEvents(deps),
    cancelTask(deps),
    approveTask(deps),
    rejectTask(deps),
    retryTask(deps),
    taskTypes(deps),
    listDeadLetters(deps),
    deadLetterGroups(deps),
    bulkRedrive(deps),
    bulkDiscard(deps),
    getDeadLetter(deps),
    redriveDeadLetter(deps),
    discardDeadLetter(deps),
    listOperations(deps),
    getOperation(deps),
    abortOperation(deps),
    listSchedules(deps),
    createSchedule(deps),
    getSchedule(deps),
    updateSchedule(deps),
    deleteSchedule(deps),
    listTenants(deps),
    createTenant(deps),
    getTenant(deps),
    updateTenant(deps),
    listKeys(deps),
    createKey(deps),
    deleteKey(deps),
    listPlatformKeys(deps),
    createPlatformKey(deps),
    deletePlatformKey(deps),
    pauseQueue(deps),
    resumeQueue(deps),
    audit(deps),
    alerts(deps),
    retention(deps),
    fleet(deps),
    scaling(deps),
    poolScaling(deps),
    healthz(deps),
    readyz(deps),
    metrics(deps),
    ...documentation({ ...deps, table: () => table }),
    ...pages(),
  ];
  return table;
}
