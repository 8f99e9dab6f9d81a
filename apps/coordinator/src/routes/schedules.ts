import { CreateSchedule, ScheduleList, ScheduleView, UpdateSchedule } from '@pressroom/contracts';
import type { Clock } from '@pressroom/runtime';
import { z } from 'zod';

import type { ScheduleOutcome, Schedules } from '../control-ports.ts';
import { MAX_BODY_BYTES } from '../core/body-limits.ts';
import type { RequestLimits } from '../core/request-limits.ts';
import { parseNewSchedule, parseScheduleChange } from '../core/parse-schedule.ts';
import { invalid, notFound, RequestError } from '../errors/request-error.ts';
import { WholeListQuery } from '../core/query-schemas.ts';
import { readJson } from '../middleware/read-json.ts';
import { readSealedPage } from '../middleware/sealed-page.ts';
import { sendJson } from '../middleware/send.ts';
import type { PipelineRegistry } from '../ports.ts';
import { defineRoute, ROLES, type Route } from '../routing/route.ts';
import { submissionTenant } from './accepted-task.ts';
import { SCHEDULE_ID } from './control-params.ts';
import { param } from './task-params.ts';

interface Deps {
  schedules: Schedules;
  pipelines: PipelineRegistry;
  clock: Clock;
  limits: Pick<RequestLimits, 'schedulesPerTenant'>;
}

/** `GET /v1/schedules`. */
export function listSchedules({ schedules }: Deps): Route {
  return defineRoute({
    method: 'GET',
    path: '/v1/schedules',
    operationId: 'listSchedules',
    tag: 'Schedules',
    summary: 'Schedules, by tenant and name',
    description: 'A page ends early when its tasks are large: only a `nextCursor` of null means that it was the last.',
    roles: ROLES.view,
    query: WholeListQuery,
    responses: { 200: { description: 'A page of schedules', content: { 'application/json': ScheduleList } } },
    async handle({ response, scope, query, bounded }) {
      const list = { list: 'schedules', tenantId: scope };
      const page = await readSealedPage(list, query, (wanted) => bounded(schedules.list(scope, wanted)));
      sendJson(response, 200, page satisfies ScheduleList);
    },
  });
}

/** `POST /v1/schedules`. */
export function createSchedule({ schedules, pipelines, clock, limits }: Deps): Route {
  return defineRoute({
    method: 'POST',
    path: '/v1/schedules',
    operationId: 'createSchedule',
    tag: 'Schedules',
    summary: 'Submit a task again and again',
    description:
      'Each fire submits the task once, whatever dies on the way. Of fires that were missed while no coordinator ran only ' +
      'the latest is made up for. A time of day that daylight saving skips fires when the gap is over; one that it repeats ' +
      'fires the first time. With `overlap: "skip"` a fire is left out while the last task has not ended.',
    roles: ROLES.submit,
    body: { description: 'The schedule', content: { 'application/json': CreateSchedule }, limitBytes: MAX_BODY_BYTES },
    responses: {
      201: {
        description: 'Made',
        content: { 'application/json': ScheduleView },
        headers: { Location: 'Path of the schedule' },
      },
    },
    problems: ['CONFLICT', 'QUOTA_EXCEEDED', 'UNKNOWN_TASK_TYPE'],
    async handle({ request, response, principal, bounded }) {
      const body = await readJson(request, z.unknown());
      const { draft, tenantId } = parseNewSchedule(body, {
        pipelines,
        nowMs: clock.nowMs(),
        checkRule: (rule) => schedules.checkRule(rule),
      });
      const owner = submissionTenant(principal, tenantId);
      const schedule = written(
        await bounded(schedules.create(owner, draft, principal, limits.schedulesPerTenant)),
        limits,
      );
      response.setHeader('Location', `/v1/schedules/${schedule.id}`);
      sendJson(response, 201, schedule);
    },
  });
}

/** `GET /v1/schedules/{id}`. */
export function getSchedule({ schedules }: Deps): Route {
  return defineRoute({
    method: 'GET',
    path: '/v1/schedules/:id',
    operationId: 'getSchedule',
    tag: 'Schedules',
    summary: 'A schedule, its next fire and what came of the last',
    roles: ROLES.view,
    params: SCHEDULE_ID,
    responses: { 200: { description: 'The schedule', content: { 'application/json': ScheduleView } } },
    async handle({ response, params, scope, bounded }) {
      const schedule = await bounded(schedules.get(param(params, 'id'), scope));
      if (schedule === undefined) throw notFound('schedule');
      sendJson(response, 200, schedule);
    },
  });
}

/** `PATCH /v1/schedules/{id}`. */
export function updateSchedule({ schedules, pipelines, clock, limits }: Deps): Route {
  return defineRoute({
    method: 'PATCH',
    path: '/v1/schedules/:id',
    operationId: 'updateSchedule',
    tag: 'Schedules',
    summary: 'Change a schedule, or switch it on or off',
    description: 'Computes its next fire from now on and clears the error of its last fire.',
    roles: ROLES.submit,
    params: SCHEDULE_ID,
    body: { description: 'What changes', content: { 'application/json': UpdateSchedule }, limitBytes: MAX_BODY_BYTES },
    responses: { 200: { description: 'The schedule now', content: { 'application/json': ScheduleView } } },
    problems: ['CONFLICT', 'UNKNOWN_TASK_TYPE'],
    async handle({ request, response, params, principal, scope, bounded }) {
      const body = await readJson(request, z.unknown());
      const changes = parseScheduleChange(body, {
        pipelines,
        nowMs: clock.nowMs(),
        checkRule: (rule) => schedules.checkRule(rule),
      });
      const outcome = await bounded(schedules.update(param(params, 'id'), scope, changes, principal));
      sendJson(response, 200, written(outcome, limits));
    },
  });
}

/** `DELETE /v1/schedules/{id}`. */
export function deleteSchedule({ schedules }: Deps): Route {
  return defineRoute({
    method: 'DELETE',
    path: '/v1/schedules/:id',
    operationId: 'deleteSchedule',
    tag: 'Schedules',
    summary: 'Remove a schedule; its tasks stay',
    roles: ROLES.submit,
    params: SCHEDULE_ID,
    responses: { 204: { description: 'Removed' } },
    async handle({ response, params, principal, scope, bounded }) {
      const isGone = await bounded(schedules.remove(param(params, 'id'), scope, principal));
      if (!isGone) throw notFound('schedule');
      response.status(204).end();
    },
  });
}

function written(outcome: ScheduleOutcome, limits: Deps['limits']): ScheduleView {
  if (outcome === 'limit_reached') {
    const value = limits.schedulesPerTenant;
    throw new RequestError('QUOTA_EXCEEDED', `the tenant has ${value} schedules, as many as it may: delete one first`, {
      members: { limit: { name: 'schedulesPerTenant', scope: 'tenant', value } },
    });
  }
  if (outcome === 'not_found') throw notFound('schedule');
  if (outcome === 'unknown_tenant') throw invalid([{ path: 'task.tenantId', message: 'names no tenant' }]);
  if (outcome === 'name_taken') {
    throw new RequestError('CONFLICT', 'another schedule of the tenant has this name', {
      errors: [{ path: 'name', message: 'is taken' }],
    });
  }
  if ('problems' in outcome) throw invalid(outcome.problems);
  return outcome;
}
