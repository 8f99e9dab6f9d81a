import { CreateTask, MAX_RUN_AHEAD_MS } from '@pressroom/contracts';

import { invalid, RequestError, type Fault } from '../errors/request-error.ts';
import type { PipelineRegistry } from '../ports.ts';
import { formatIssues } from './format-issues.ts';
import { inspectJson } from './inspect-json.ts';

const NO_CALLBACKS =
  'deliveries are not supported yet: leave it out, and poll GET /v1/tasks/{id} or read the stream GET /v1/tasks/{id}/events';

export interface TaskRequest {
  task: CreateTask;
  /** `task.input` as the task type's own schema made it: trimmed, closed. */
  input: unknown;
}

/**
 * Checks a submission against the envelope and the task type's input schema, and names every fault of both at once.
 *
 * @param mayHoldEscapes see `inspectJson`
 * @param nowMs what `runAt` is measured from
 * @throws {RequestError} VALIDATION_FAILED, UNKNOWN_TASK_TYPE
 */
export function parseTaskRequest(
  body: unknown,
  context: { pipelines: PipelineRegistry; mayHoldEscapes: boolean; nowMs: number },
): TaskRequest {
  const structural = inspectJson(body, context.mayHoldEscapes);
  if (structural.length > 0) throw invalid(structural);

  const envelope = CreateTask.safeParse(body, { reportInput: true });
  const faults: Fault[] = envelope.success ? [] : formatIssues(envelope.error.issues);
  const { type, input, callbackUrl } = isRecord(body) ? body : {};
  // Accepted and never called, it would be waited for in vain.
  if (callbackUrl !== undefined) faults.push({ path: 'callbackUrl', message: NO_CALLBACKS });
  const pipeline = typeof type === 'string' ? context.pipelines.find(type) : undefined;
  if (pipeline === undefined) {
    if (typeof type === 'string') throw unknownType(context.pipelines, faults);
    throw invalid(faults);
  }
  if (!isRecord(input)) throw invalid(faults);

  const parsedInput = pipeline.inputSchema.safeParse(input, { reportInput: true });
  if (!parsedInput.success) faults.push(...formatIssues(parsedInput.error.issues, 'input'));
  if (envelope.success) {
    const { approvals, runAt } = envelope.data;
    approvals.forEach((gate, index) => {
      if (pipeline.gates?.[gate] === undefined) {
        faults.push({ path: `approvals[${index}]`, message: `tasks of type ${pipeline.type} have no such gate` });
      }
    });
    if (runAt !== undefined && Date.parse(runAt) > context.nowMs + MAX_RUN_AHEAD_MS) {
      faults.push({ path: 'runAt', message: 'must not be more than a year ahead' });
    }
  }
  if (!envelope.success || !parsedInput.success || faults.length > 0) throw invalid(faults);
  return { task: envelope.data, input: parsedInput.data };
}

function unknownType(pipelines: PipelineRegistry, faults: readonly Fault[]): RequestError {
  const known = pipelines.list().map((pipeline) => pipeline.type);
  const message = `must be one of ${known.join(', ')}`;
  return new RequestError('UNKNOWN_TASK_TYPE', `unknown task type; known: ${known.join(', ')}`, {
    errors: [{ path: 'type', message }, ...faults.filter((fault) => fault.path !== 'type')],
    members: { knownTypes: known },
  });
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
