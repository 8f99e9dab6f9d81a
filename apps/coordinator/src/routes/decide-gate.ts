import { ApprovalResult, ApproveTask, RejectTask, type Gate } from '@pressroom/contracts';

import type { ApprovalCommands, ApprovalOutcome } from '../control-ports.ts';
import { approvalProblem } from '../core/approval-problem.ts';
import { MAX_BODY_BYTES } from '../core/body-limits.ts';
import { readJson } from '../middleware/read-json.ts';
import { sendJson } from '../middleware/send.ts';
import { defineRoute, ROLES, type Route } from '../routing/route.ts';
import { param, TASK_ID } from './task-params.ts';

const DECIDED = { 200: { description: 'Decided', content: { 'application/json': ApprovalResult } } };

/** `POST /v1/tasks/{id}/approve`. */
export function approveTask(deps: { approvals: ApprovalCommands }): Route {
  return defineRoute({
    method: 'POST',
    path: '/v1/tasks/:id/approve',
    operationId: 'approveTask',
    tag: 'Tasks',
    summary: 'Continue a task from a gate',
    description:
      'A task that was submitted with `approvals` waits in `awaiting_approval` once the output of a gate is there; ' +
      '`GET /v1/tasks/{id}/steps/{key}/output` shows it. `edits` is a JSON merge patch of that output and becomes a new ' +
      'version of it; the plan continues from the edited one. Deciding a gate twice is a conflict.',
    roles: ROLES.operate,
    params: TASK_ID,
    body: {
      description: 'The gate, and edits',
      content: { 'application/json': ApproveTask },
      limitBytes: MAX_BODY_BYTES,
    },
    responses: DECIDED,
    problems: ['APPROVAL_NOT_PENDING', 'TASK_ALREADY_FINISHED'],
    async handle({ request, response, params, principal, scope, bounded }) {
      const id = param(params, 'id');
      const approval = await readJson(request, ApproveTask);
      sendJson(
        response,
        200,
        resultOf(id, approval.gate, await bounded(deps.approvals.approve(id, scope, approval, principal))),
      );
    },
  });
}

/** `POST /v1/tasks/{id}/reject`. */
export function rejectTask(deps: { approvals: ApprovalCommands }): Route {
  return defineRoute({
    method: 'POST',
    path: '/v1/tasks/:id/reject',
    operationId: 'rejectTask',
    tag: 'Tasks',
    summary: 'Have the step before a gate done again',
    description:
      'The step runs again and its agent is given every reason so far. The fifth rejection of a gate ends the task with ' +
      'the available outputs.',
    roles: ROLES.operate,
    params: TASK_ID,
    body: { description: 'The gate, and why', content: { 'application/json': RejectTask }, limitBytes: MAX_BODY_BYTES },
    responses: DECIDED,
    problems: ['APPROVAL_NOT_PENDING', 'TASK_ALREADY_FINISHED'],
    async handle({ request, response, params, principal, scope, bounded }) {
      const id = param(params, 'id');
      const rejection = await readJson(request, RejectTask);
      sendJson(
        response,
        200,
        resultOf(id, rejection.gate, await bounded(deps.approvals.reject(id, scope, rejection, principal))),
      );
    },
  });
}

function resultOf(id: string, gate: Gate, outcome: ApprovalOutcome): ApprovalResult {
  if (outcome.outcome !== 'decided') throw approvalProblem(outcome, gate);
  const { status, version, rejections } = outcome;
  return { id, status, gate, ...(version !== undefined && { version }), rejections };
}
