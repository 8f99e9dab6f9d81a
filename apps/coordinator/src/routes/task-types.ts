import { TaskTypeList } from '@pressroom/contracts';

import { describeTaskTypes } from '../core/describe-task-types.ts';
import { sendText } from '../middleware/send.ts';
import type { PipelineRegistry } from '../ports.ts';
import { defineRoute, ROLES, type Route } from '../routing/route.ts';

/** `GET /v1/task-types`. */
export function taskTypes(deps: { pipelines: PipelineRegistry }): Route {
  const answer = JSON.stringify(describeTaskTypes(deps.pipelines));
  return defineRoute({
    method: 'GET',
    path: '/v1/task-types',
    operationId: 'listTaskTypes',
    tag: 'Tasks',
    summary: 'Task types with the schemas of their inputs, examples and limits',
    roles: ROLES.anyKey,
    responses: { 200: { description: 'What can be submitted', content: { 'application/json': TaskTypeList } } },
    handle({ response }) {
      sendText(response, 200, answer, 'application/json');
    },
  });
}
