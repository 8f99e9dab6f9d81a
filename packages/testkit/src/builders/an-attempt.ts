import type { StepAttempt } from '@pressroom/db';

/** An attempt as a worker receives it: the first of a task's first step, with one minute left. */
export function anAttempt(facts: Partial<StepAttempt> = {}): StepAttempt {
  return {
    taskId: 'task-1',
    stepId: 'step-1',
    key: 'research',
    agent: 'research',
    queue: 'research.interactive',
    tenantId: 'tenant-1',
    taskType: 'article',
    tier: 'T2',
    attempt: 1,
    failures: 0,
    losses: 0,
    params: {},
    journalGeneration: 1,
    attemptTimeoutMs: 60_000,
    leftMs: 60_000,
    generation: 1,
    pipelineVersion: 1,
    lane: 'interactive',
    priority: 5,
    quality: 'balanced',
    createdAtMs: 0,
    gate: null,
    successors: 0,
    input: { topic: 'tests' },
    outputs: {},
    ...facts,
  };
}
