import { CreateSchedule, UpdateSchedule } from '@pressroom/contracts';

import type { ScheduleDraft } from '../control-ports.ts';
import { invalid, RequestError, type Fault } from '../errors/request-error.ts';
import type { PipelineRegistry } from '../ports.ts';
import { formatIssues } from './format-issues.ts';
import { parseTaskRequest } from './parse-task-request.ts';

interface Context {
  pipelines: PipelineRegistry;
  nowMs: number;
  checkRule: (rule: { cron?: string; timeZone?: string }) => Fault[];
}

/**
 * Checks a new schedule, when it fires and the task it will submit, and names every fault of all. The task is kept as it was sent: each
 * fire parses it again, with the defaults of that release.
 *
 * @throws {RequestError} VALIDATION_FAILED, UNKNOWN_TASK_TYPE
 */
export function parseNewSchedule(
  body: unknown,
  context: Context,
): { draft: ScheduleDraft; tenantId: string | undefined } {
  const faults = [...context.checkRule(ruleOf(body)), ...taskFaults(taskOf(body), context)];
  const parsed = CreateSchedule.safeParse(body, { reportInput: true });
  if (!parsed.success) faults.push(...ownFaults(formatIssues(parsed.error.issues)));
  if (!parsed.success || faults.length > 0) throw invalid(faults);
  const { name, cron, timeZone, enabled, overlap, task } = parsed.data;
  return { draft: { name, cron, timeZone, enabled, overlap, task: taskOf(body) ?? {} }, tenantId: task.tenantId };
}

/** Checks a change of a schedule. @throws {RequestError} VALIDATION_FAILED, UNKNOWN_TASK_TYPE */
export function parseScheduleChange(body: unknown, context: Context): Partial<ScheduleDraft> {
  const sent = taskOf(body);
  const faults = [...context.checkRule(ruleOf(body)), ...(sent === undefined ? [] : taskFaults(sent, context))];
  const parsed = UpdateSchedule.safeParse(body, { reportInput: true });
  if (!parsed.success) faults.push(...ownFaults(formatIssues(parsed.error.issues)));
  if (parsed.success && parsed.data.task?.tenantId !== undefined) {
    faults.push({ path: 'task.tenantId', message: 'a schedule stays with its tenant' });
  }
  if (!parsed.success || faults.length > 0) throw invalid(faults);
  const { task: _parsedTask, ...changes } = parsed.data;
  const defined = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
  return { ...(defined as Partial<ScheduleDraft>), ...(sent && { task: sent }) };
}

function taskFaults(task: unknown, { pipelines, nowMs }: Context): Fault[] {
  if (typeof task !== 'object' || task === null) return [{ path: 'task', message: 'is required' }];
  try {
    const { task: parsed } = parseTaskRequest(task, { pipelines, nowMs, mayHoldEscapes: true });
    return parsed.runAt === undefined ? [] : [{ path: 'task.runAt', message: 'the schedule says when it runs' }];
  } catch (error) {
    if (!(error instanceof RequestError) || error.errors === undefined) throw error;
    return error.errors.map(({ path, message }) => ({ path: path === '' ? 'task' : `task.${path}`, message }));
  }
}

/** The task's faults are found by its own check, which also knows its input. */
const ownFaults = (faults: readonly Fault[]): Fault[] =>
  faults.filter(({ path }) => path !== 'task' && !path.startsWith('task.'));

/** What of the rule is there to be checked; what is missing or of another type is the schema's business. */
function ruleOf(body: unknown): { cron?: string; timeZone?: string } {
  const { cron, timeZone } = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  return {
    ...(typeof cron === 'string' && cron.trim() !== '' && { cron: cron.trim() }),
    ...(typeof timeZone === 'string' && timeZone !== '' && { timeZone }),
  };
}

const taskOf = (body: unknown): Record<string, unknown> | undefined =>
  typeof body === 'object' && body !== null && 'task' in body ? (body.task as Record<string, unknown>) : undefined;
