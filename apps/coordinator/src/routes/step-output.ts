import { z } from 'zod';

import { notFound } from '../errors/request-error.ts';
import { sendJson } from '../middleware/send.ts';
import type { TaskQueries } from '../ports.ts';
import { defineRoute, ROLES, type Route } from '../routing/route.ts';
import { param, STEP_KEY } from './task-params.ts';

/** `GET /v1/tasks/{id}/steps/{key}/output`. */
export function stepOutput(deps: { queries: TaskQueries }): Route {
  return defineRoute({
    method: 'GET',
    path: '/v1/tasks/:id/steps/:key/output',
    operationId: 'getStepOutput',
    tag: 'Tasks',
    summary: 'What one step has made',
    roles: ROLES.view,
    params: STEP_KEY,
    responses: {
      200: { description: "The step's output, as its agent wrote it", content: { 'application/json': z.unknown() } },
    },
    async handle({ response, params, scope, bounded }) {
      const output = await bounded(deps.queries.stepOutput(param(params, 'id'), scope, param(params, 'key')));
      if (output === undefined) throw notFound('step output');
      sendJson(response, 200, output);
    },
  });
}
