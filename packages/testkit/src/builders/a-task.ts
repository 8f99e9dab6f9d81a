import type { NewStep, NewTask } from '@pressroom/db';
import { newId } from '@pressroom/runtime';

/** A planned step: without dependencies, T2, three failures allowed. */
export function aStep(facts: Partial<NewStep> & { key: string }): NewStep {
  const deps = facts.deps ?? [];
  return {
    id: newId(),
    agent: 'write',
    queue: 'write.interactive',
    tier: 'T2',
    deps,
    next: [],
    depsLeft: deps.length,
    params: {},
    attemptTimeoutMs: 60_000,
    totalTimeoutMs: 600_000,
    maxFailures: 3,
    backoffBaseMs: 100,
    backoffCapMs: 1_000,
    onExhausted: 'fail',
    gate: null,
    queueTimeoutMs: null,
    ...facts,
  };
}

/** Sequential steps, each of which depends on the previous one. */
export function aChain(...keys: string[]): NewStep[] {
  return keys.map((key, index) =>
    aStep({ key, deps: keys.slice(Math.max(0, index - 1), index), next: keys.slice(index + 1, index + 2) }),
  );
}

/** A task to submit, by default with one step. Its first steps start as `queued`. */
export function aTask(facts: Partial<NewTask> & { tenantId: string }): NewTask {
  return {
    id: newId(),
    type: 'article',
    title: 'tests',
    pipelineVersion: 1,
    lane: 'interactive',
    priority: 5,
    quality: 'balanced',
    budgetNano: null,
    input: { topic: 'tests' },
    approvals: [],
    callbackUrl: null,
    metadata: {},
    tags: [],
    idempotencyKey: null,
    requestHash: null,
    timeoutMs: 600_000,
    approvalTimeoutMs: 600_000,
    runAt: null,
    enqueueImmediately: true,
    steps: [aStep({ key: 'write' })],
    ...facts,
  };
}
