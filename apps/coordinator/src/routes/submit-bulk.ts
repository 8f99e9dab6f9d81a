import { isUtf8 } from 'node:buffer';

import { BulkResult, CreateTask } from '@pressroom/contracts';
import { canonicalJson, sha256Hex, type Clock, type Logger } from '@pressroom/runtime';
import { z } from 'zod';

import { MAX_BULK_BODY_BYTES } from '../core/body-limits.ts';
import { parseIdempotencyKey } from '../core/idempotency-key.ts';
import { bulkItemsOfArray, bulkItemsOfLines, type BulkItem } from '../core/parse-bulk.ts';
import { parseTaskRequest } from '../core/parse-task-request.ts';
import { RequestError } from '../errors/request-error.ts';
import { toProblem } from '../errors/to-problem.ts';
import { createStoreBound } from '../middleware/bound-store-call.ts';
import { mayHoldEscapes, parseJson, readBody } from '../middleware/read-body.ts';
import { contextOf } from '../middleware/request-context.ts';
import { withRefusedField } from '../middleware/refused-field.ts';
import { sendJson } from '../middleware/send.ts';
import type { PipelineRegistry, Principal, TaskCommands } from '../ports.ts';
import { defineRoute, ROLES, type Route } from '../routing/route.ts';
import { acceptedTask, submissionTenant } from './accepted-task.ts';

const NDJSON = ['application/x-ndjson', 'application/ndjson'];

/** Submissions under way at once: enough to fill a group commit, too few to starve single submissions. */
const CONCURRENCY = 64;

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
      'Takes a JSON array or NDJSON. Each task has its own outcome; one that is refused does not hold up the others. ' +
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
      const key = parseIdempotencyKey(request.get('idempotency-key'));
      const bytes = await readBody(request, ['application/json', ...NDJSON], MAX_BULK_BODY_BYTES);
      const items = parseItems(bytes, request.headers['content-type'] ?? '');
      const results = await submitAll(deps, items, {
        principal,
        key,
        mayHoldEscapes: mayHoldEscapes(bytes),
        requestId: contextOf(response).requestId,
      });
      const accepted = results.filter((result) => result.task !== undefined).length;
      const body: BulkResult = { accepted, rejected: results.length - accepted, items: results };
      sendJson(response, 200, body);
    },
  });
}

function parseItems(bytes: Buffer, contentType: string): BulkItem[] {
  if (!NDJSON.some((type) => contentType.toLowerCase().startsWith(type))) return bulkItemsOfArray(parseJson(bytes));
  if (!isUtf8(bytes)) throw new RequestError('MALFORMED_JSON', 'the body is not UTF-8');
  return bulkItemsOfLines(bytes.toString('utf8'));
}

type ItemResult = BulkResult['items'][number];

/** Each item is bounded on its own; after the first outage the rest is refused at once instead of waiting in turn. */
async function submitAll(
  deps: SubmitBulkDeps,
  items: readonly BulkItem[],
  shared: { principal: Principal; key: string | undefined; mayHoldEscapes: boolean; requestId: string },
): Promise<ItemResult[]> {
  const results: ItemResult[] = [];
  let outage: RequestError | undefined;

  const submitOne = async (item: BulkItem, index: number): Promise<ItemResult> => {
    if (!item.readable) throw item.error;
    const { task, input } = parseTaskRequest(item.body, {
      pipelines: deps.pipelines,
      nowMs: deps.clock.nowMs(),
      ...shared,
    });
    const tenantId = submissionTenant(shared.principal, task.tenantId);
    if (outage !== undefined) throw outage;
    const bounded = createStoreBound(deps.clock.monotonicMs() + deps.storeTimeoutMs, () => deps.clock.monotonicMs());
    const idempotency =
      shared.key === undefined
        ? undefined
        : { key: `${shared.key}#${index}`, bodyHash: sha256Hex(canonicalJson(item.body)) };
    const submission = deps.commands.submit({ tenantId, task, input, idempotency });
    const outcome = await withRefusedField({ ...task, input }, bounded(submission));
    const { accepted, replayed } = acceptedTask(outcome);
    return { index, status: 202, task: accepted, ...(replayed && { replayed }) };
  };

  const entries = items.entries();
  const lane = async (): Promise<void> => {
    for (const [index, item] of entries) {
      try {
        results[index] = await submitOne(item, index);
      } catch (error) {
        const { status, problem, isBug } = toProblem(error, {
          path: `/v1/tasks/bulk#${index}`,
          requestId: shared.requestId,
        });
        if (isBug) deps.log.error({ err: error, route: '/v1/tasks/bulk' }, 'http.failed');
        if (status === 503)
          outage = new RequestError('UNAVAILABLE', 'a store failed for an earlier task of this request');
        results[index] = { index, status, problem };
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(CONCURRENCY, items.length) }, lane));
  return results;
}
