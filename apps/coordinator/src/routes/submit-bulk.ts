import { BulkResult, CreateTask } from '@pressroom/contracts';
import { canonicalJson, sha256Hex, type Clock, type Logger } from '@pressroom/runtime';
import { z } from 'zod';

import { MAX_BULK_BODY_BYTES } from '../core/body-limits.ts';
import { bulkItemKey, parseIdempotencyKey } from '../core/idempotency-key.ts';
import { parseTaskRequest } from '../core/parse-task-request.ts';
import { RequestError } from '../errors/request-error.ts';
import { toProblem } from '../errors/to-problem.ts';
import { createStoreBound } from '../middleware/bound-store-call.ts';
import type { InFlightRequest } from '../middleware/in-flight.ts';
import { LARGE_TEXT_BYTES, mayHoldEscapes, parseJson } from '../middleware/read-body.ts';
import { readBulk, type BulkItem } from '../middleware/read-bulk.ts';
import { contextOf } from '../middleware/request-context.ts';
import { withRefusedField } from '../middleware/refused-field.ts';
import { sendJson } from '../middleware/send.ts';
import type { PipelineRegistry, Principal, TaskCommands } from '../ports.ts';
import { defineRoute, ROLES, type Route } from '../routing/route.ts';
import { acceptedTask, submissionTenant } from './accepted-task.ts';

/** Submissions under way at once: enough to fill a group commit, too few to starve single submissions. */
const CONCURRENCY = 64;

/** Faults named of one task, and of all tasks of one request: a body of faults must not become a larger reply. */
const MAX_FAULTS_PER_TASK = 10;
const MAX_REPORTED_FAULTS = 2_000;

export interface SubmitBulkDeps {
  commands: TaskCommands;
  pipelines: PipelineRegistry;
  clock: Clock;
  log: Logger;
  storeTimeoutMs: number;
}

/** `POST /v1/tasks/bulk`: up to 1,000 tasks, each accepted or refused on its own. */
export function submitBulk(deps: SubmitBulkDeps): Route {
  return defineRoute({
    method: 'POST',
    path: '/v1/tasks/bulk',
    operationId: 'createTasks',
    tag: 'Tasks',
    summary: 'Submit up to 1,000 tasks',
    description:
      'Takes a JSON array or NDJSON, one task a line. Tasks are accepted while the body is still arriving, and each has its ' +
      'own outcome. What makes the rest unreadable (more than 1,000 tasks, broken JSON between tasks, too many bytes) is the ' +
      'last outcome; without a task before it the whole request is refused. ' +
      'With an `Idempotency-Key` each task is bound to the key and its place in the list.',
    roles: ROLES.submit,
    headers: { 'Idempotency-Key': 'Up to 250 visible ASCII characters that name this request, unique per tenant' },
    body: {
      description: 'An array of tasks, or one task a line',
      content: { 'application/json': z.array(CreateTask), 'application/x-ndjson': CreateTask },
      limitBytes: MAX_BULK_BODY_BYTES,
    },
    responses: {
      200: { description: 'The outcome of each task, in the order sent', content: { 'application/json': BulkResult } },
    },
    async handle({ request, response, principal }) {
      const { inFlight, requestId } = contextOf(response);
      if (inFlight === undefined) throw new Error('the bulk route has no limits');
      const key = parseIdempotencyKey(request.get('idempotency-key'));
      const results = await submitAll(deps, readBulk(request, inFlight), { principal, key, requestId, inFlight });
      const accepted = results.filter((result) => result.task !== undefined).length;
      const body: BulkResult = { accepted, rejected: results.length - accepted, items: results };
      sendJson(response, 200, body);
    },
  });
}

type ItemResult = BulkResult['items'][number];

interface SharedByItems {
  principal: Principal;
  key: string | undefined;
  requestId: string;
  inFlight: InFlightRequest;
}

/**
 * Submits items as they arrive, 64 at a time. Each is bounded on its own and takes the tenant's turn like a request of its
 * own; after the first outage the rest is refused at once instead of waiting in turn.
 */
async function submitAll(
  deps: SubmitBulkDeps,
  items: AsyncGenerator<BulkItem, void, undefined>,
  shared: SharedByItems,
): Promise<ItemResult[]> {
  const results: ItemResult[] = [];
  let outage: RequestError | undefined;
  let faultsLeft = MAX_REPORTED_FAULTS;

  const refuse = (error: unknown, index: number): ItemResult => {
    const at = { path: `/v1/tasks/bulk#${index}`, requestId: shared.requestId };
    const { status, problem, isBug } = toProblem(error, at);
    if (isBug) deps.log.error({ err: error, route: '/v1/tasks/bulk' }, 'http.failed');
    if (status === 503) outage = new RequestError('UNAVAILABLE', 'a store failed for an earlier task of this request');
    const { errors, ...rest } = problem;
    if (errors === undefined) return { index, status, problem };
    const reported = errors.slice(0, Math.min(MAX_FAULTS_PER_TASK, faultsLeft));
    faultsLeft -= reported.length;
    return { index, status, problem: reported.length === 0 ? rest : { ...rest, errors: reported } };
  };
  const lane = async (): Promise<void> => {
    for (let next = await items.next(); next.done !== true; next = await items.next()) {
      const { index, release } = next.value;
      try {
        results[index] = await submitOne(deps, next.value, shared, () => outage);
      } catch (error) {
        results[index] = refuse(error, index);
      } finally {
        release();
      }
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, lane));
  return results;
}

async function submitOne(
  deps: SubmitBulkDeps,
  { index, content }: BulkItem,
  { principal, key, inFlight }: SharedByItems,
  outage: () => RequestError | undefined,
): Promise<ItemResult> {
  if (content instanceof RequestError) throw content;
  if (content.length > LARGE_TEXT_BYTES) await inFlight.takeTurn();
  const body = parseJson(content, `task ${index + 1} of the request (index ${index})`);
  const context = { pipelines: deps.pipelines, nowMs: deps.clock.nowMs(), mayHoldEscapes: mayHoldEscapes(content) };
  const { task, input } = parseTaskRequest(body, context);
  const tenantId = submissionTenant(principal, task.tenantId);
  const idempotency =
    key === undefined ? undefined : { key: bulkItemKey(key, index), bodyHash: sha256Hex(canonicalJson(body)) };
  const leave = await inFlight.acquireSlot('write');
  try {
    const failure = outage();
    if (failure !== undefined) throw failure;
    const deadlineMs = deps.clock.monotonicMs() + deps.storeTimeoutMs;
    const bounded = createStoreBound(
      () => deadlineMs,
      () => deps.clock.monotonicMs(),
    );
    const submission = deps.commands.submit({ tenantId, task, input, idempotency });
    const outcome = await withRefusedField({ ...task, input }, bounded(submission));
    const { accepted, replayed } = acceptedTask(outcome);
    return { index, status: 202, task: accepted, ...(replayed && { replayed }) };
  } finally {
    leave();
  }
}
