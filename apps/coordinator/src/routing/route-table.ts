import type { Clock, Logger, Metrics } from '@pressroom/runtime';

import type { EventHub } from '../events/event-hub.ts';
import type { Authenticator } from '../middleware/authenticate.ts';
import type { EventFeed, FleetQueries, PipelineRegistry, Readiness, TaskCommands, TaskQueries } from '../ports.ts';
import { cancelTask } from '../routes/cancel-task.ts';
import { deleteTask } from '../routes/delete-task.ts';
import { documentation } from '../routes/documentation.ts';
import { fleet } from '../routes/fleet.ts';
import { getTask } from '../routes/get-task.ts';
import { healthz, readyz } from '../routes/health.ts';
import { listTasks } from '../routes/list-tasks.ts';
import { metrics } from '../routes/metrics.ts';
import { pages } from '../routes/pages.ts';
import { stepOutput } from '../routes/step-output.ts';
import { submitBulk } from '../routes/submit-bulk.ts';
import { submitTask } from '../routes/submit-task.ts';
import { taskCalls } from '../routes/task-calls.ts';
import { taskEvents } from '../routes/task-events.ts';
import { taskResult } from '../routes/task-result.ts';
import { taskSteps } from '../routes/task-steps.ts';
import { taskTypes } from '../routes/task-types.ts';
import type { Route } from './route.ts';

export interface RouteTableDeps {
  commands: TaskCommands;
  queries: TaskQueries;
  feed: EventFeed;
  readiness: Readiness;
  fleet: FleetQueries;
  pipelines: PipelineRegistry;
  events: EventHub;
  authenticator: Authenticator;
  metrics: Metrics;
  clock: Clock;
  log: Logger;
  version: string;
  isDraining: () => boolean;
  storeTimeoutMs: number;
  heartbeatMs: number;
}

/** Everything that is served, the hottest first. Routing, authorisation and the OpenAPI document follow from it. */
export function createRouteTable(deps: RouteTableDeps): readonly Route[] {
  const table: Route[] = [
    submitTask(deps),
    listTasks(deps),
    submitBulk(deps),
    getTask(deps),
    deleteTask(deps),
    taskResult(deps),
    taskSteps(deps),
    stepOutput(deps),
    taskCalls(deps),
    taskEvents(deps),
    cancelTask(deps),
    taskTypes(deps),
    fleet(deps),
    healthz(deps),
    readyz(deps),
    metrics(deps),
    ...documentation({ ...deps, table: () => table }),
    ...pages(),
  ];
  return table;
}
