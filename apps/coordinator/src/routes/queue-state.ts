import { QueueState } from '@pressroom/contracts';

import type { QueueCommands } from '../control-ports.ts';
import { sendJson } from '../middleware/send.ts';
import { defineRoute, ROLES, type Route } from '../routing/route.ts';
import { QUEUE_NAME, queueOf } from './control-params.ts';
import { param } from './task-params.ts';

/** `POST /v1/queues/{name}/pause`. */
export function pauseQueue(deps: { queues: QueueCommands }): Route {
  return queueRoute('pause', deps, {
    operationId: 'pauseQueue',
    summary: 'Let nothing more of a queue begin',
    description:
      'Running steps continue. All other steps of the queue wait until it is resumed, even if the queue store is lost; ' +
      'deadlines of tasks are not extended. Queues are shared by all tenants. Idempotent.',
  });
}

/** `POST /v1/queues/{name}/resume`. */
export function resumeQueue(deps: { queues: QueueCommands }): Route {
  return queueRoute('resume', deps, { operationId: 'resumeQueue', summary: 'Resume a paused queue' });
}

function queueRoute(
  command: keyof QueueCommands,
  deps: { queues: QueueCommands },
  text: { operationId: string; summary: string; description?: string },
): Route {
  return defineRoute({
    method: 'POST',
    path: `/v1/queues/:name/${command}`,
    tag: 'Fleet',
    ...text,
    roles: ROLES.admin,
    params: QUEUE_NAME,
    responses: { 200: { description: 'The queue now', content: { 'application/json': QueueState } } },
    async handle({ response, params, principal, bounded }) {
      const queue = queueOf(param(params, 'name'));
      sendJson(response, 200, await bounded(deps.queues[command](queue, principal)));
    },
  });
}
