import type { LockedStep, LockedTask, TaskSnapshot } from '@pressroom/db';

/** A locked step: the first attempt runs, three failures are allowed, one minute is left. */
export function aLockedStep(facts: Partial<LockedStep> & { key: string }): LockedStep {
  return {
    id: `step:${facts.key}`,
    agent: 'write',
    queue: 'write.interactive',
    tier: 'T2',
    status: 'running',
    deps: [],
    next: [],
    depsLeft: 0,
    attempt: 1,
    failures: 0,
    losses: 0,
    suspectDeaths: 0,
    refusals: null,
    maxFailures: 3,
    backoffBaseMs: 100,
    backoffCapMs: 1_000,
    onExhausted: 'fail',
    sessionId: 'session:1',
    params: {},
    totalLeftMs: 60_000,
    gate: null,
    rejections: 0,
    error: null,
    endedAtMs: null,
    ...facts,
  };
}

/** A running task with one minute left and, by default, one running step. */
export function aSnapshot(
  facts: { task?: Partial<LockedTask>; steps?: LockedStep[]; outputs?: Record<string, unknown> } = {},
): TaskSnapshot {
  return {
    task: {
      id: 'task:1',
      tenantId: 'tenant:1',
      type: 'article',
      pipelineVersion: 1,
      lane: 'interactive',
      quality: 'balanced',
      status: 'running',
      generation: 1,
      input: { topic: 'tests' },
      limitations: [],
      leftMs: 60_000,
      awaitingGate: null,
      ...facts.task,
    },
    steps: facts.steps ?? [aLockedStep({ key: 'write' })],
    outputs: facts.outputs ?? {},
    versions: Object.fromEntries(Object.keys(facts.outputs ?? {}).map((key) => [key, 1])),
  };
}
