import { StepList } from '@pressroom/contracts';

import { TaskItemsQuery } from '../core/query-schemas.ts';
import { notFound } from '../errors/request-error.ts';
import { readSealedPage } from '../middleware/sealed-page.ts';
import { sendJson } from '../middleware/send.ts';
import type { PageRequest, TaskQueries } from '../ports.ts';
import { defineRoute, ROLES, type Route } from '../routing/route.ts';
import { param, TASK_ID } from './task-params.ts';

/** `GET /v1/tasks/{id}/steps`. */
export function taskSteps(deps: { queries: TaskQueries }): Route {
  return defineRoute({
    method: 'GET',
    path: '/v1/tasks/:id/steps',
    operationId: 'listSteps',
    tag: 'Tasks',
    summary: 'The steps of a task',
    roles: ROLES.view,
    params: TASK_ID,
    query: TaskItemsQuery,
    responses: {
      200: {
        description: 'A page of the steps planned so far, in the order of the plan',
        content: { 'application/json': StepList },
      },
    },
    async handle({ response, params, scope, query, bounded }) {
      const id = param(params, 'id');
      const read = async ({ cursor, limit }: PageRequest): Promise<StepList | undefined> => {
        const steps = await bounded(deps.queries.steps(id, scope));
        if (steps === undefined) return undefined;
        const start = cursor === undefined ? 0 : steps.findIndex(({ key }) => key === cursor) + 1;
        const items = steps.slice(start, start + limit);
        return { items, nextCursor: start + limit < steps.length ? (items.at(-1)?.key ?? null) : null };
      };
      const page = await readSealedPage({ list: 'steps', taskId: id }, query, read);
      if (page === undefined) throw notFound('task');
      sendJson(response, 200, page);
    },
  });
}
