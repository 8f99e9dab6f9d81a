import { z } from 'zod';

/** Supported task types. A type is defined as data in `@pressroom/pipelines`. */
export const TaskType = z.string().regex(/^[a-z][a-z0-9-]{0,39}$/);
export type TaskType = z.infer<typeof TaskType>;

/** Agents; queues and pools are named after them: `<agent>.<lane>`. */
export const AGENTS = ['research', 'outline', 'draft', 'refine', 'write'] as const;
export const Agent = z.enum(AGENTS);
export type Agent = z.infer<typeof Agent>;

export const LANES = ['interactive', 'batch'] as const;
export const Lane = z.enum(LANES);
export type Lane = z.infer<typeof Lane>;

/** Model classes: T1 small, T2 standard, T3 large. */
export const TIERS = ['T1', 'T2', 'T3'] as const;
export const Tier = z.enum(TIERS);
export type Tier = z.infer<typeof Tier>;

export const QUALITIES = ['economy', 'balanced', 'premium'] as const;
export const Quality = z.enum(QUALITIES);
export type Quality = z.infer<typeof Quality>;

export const GATES = ['outline', 'final'] as const;
export const Gate = z.enum(GATES);
export type Gate = z.infer<typeof Gate>;

export const TASK_STATUSES = [
  'queued',
  'running',
  'awaiting_approval',
  'completed',
  'partial',
  'failed',
  'cancelled',
] as const;
export const TaskStatus = z.enum(TASK_STATUSES);
export type TaskStatus = z.infer<typeof TaskStatus>;

export const STEP_STATUSES = [
  'pending',
  'ready',
  'queued',
  'running',
  'waiting',
  'completed',
  'skipped',
  'dead',
  'cancelled',
] as const;
export const StepStatus = z.enum(STEP_STATUSES);
export type StepStatus = z.infer<typeof StepStatus>;

const TERMINAL_TASK: ReadonlySet<TaskStatus> = new Set(['completed', 'partial', 'failed', 'cancelled']);
const TERMINAL_STEP: ReadonlySet<StepStatus> = new Set(['completed', 'skipped', 'dead', 'cancelled']);

/** Whether this generation of the task has ended. A retry or redrive starts the next one. */
export const isTerminalTask = (status: TaskStatus): boolean => TERMINAL_TASK.has(status);
/** Whether this step is final in this generation. */
export const isTerminalStep = (status: StepStatus): boolean => TERMINAL_STEP.has(status);

/** Queue name of an agent's lane, the unit to which pools subscribe. */
export type QueueName = `${Agent}.${Lane}`;
export const queueName = (agent: Agent, lane: Lane): QueueName => `${agent}.${lane}`;
/** The lane in a queue's name. */
export const laneOfQueue = (queue: QueueName): Lane => (queue.endsWith('.batch') ? 'batch' : 'interactive');
export const ALL_QUEUES: readonly QueueName[] = AGENTS.flatMap((agent) => LANES.map((lane) => queueName(agent, lane)));
