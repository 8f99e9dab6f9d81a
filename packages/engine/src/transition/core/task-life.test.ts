import { isTerminalStep, isTerminalTask } from '@pressroom/contracts';
import type { LockedStep, TaskChange, TaskSnapshot } from '@pressroom/db';
import { aLockedStep, aPipeline, aSnapshot } from '@pressroom/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { cancelOpenSteps, emptyChange, endAtDeadline } from './decide-end.ts';
import { decideFailure, exhaust } from './decide-failure.ts';

/** research → outline → three drafts, which may be skipped → refine. */
const plan = (): LockedStep[] => {
  const drafts = ['draft-1', 'draft-2', 'draft-3'];
  const waiting = { status: 'pending' as const, attempt: 0, sessionId: null };
  return [
    aLockedStep({ key: 'research', status: 'ready', attempt: 0, sessionId: null, next: ['outline'] }),
    aLockedStep({ key: 'outline', ...waiting, depsLeft: 1, next: drafts }),
    ...drafts.map((key) => aLockedStep({ key, ...waiting, depsLeft: 1, next: ['refine'], onExhausted: 'skip' })),
    aLockedStep({ key: 'refine', ...waiting, depsLeft: 3 }),
  ];
};

/** The rows and their history. */
interface World {
  snapshot: TaskSnapshot;
  ended: string[];
  attempts: string[];
}

const stepBy = (world: World, pick: number): LockedStep =>
  world.snapshot.steps[pick % world.snapshot.steps.length] as LockedStep;

/** Applies a change as the store does, with checks. */
function apply(world: World, change: TaskChange): void {
  for (const after of change.steps) {
    const step = world.snapshot.steps.find((one) => one.id === after.id);
    if (!step) throw new Error('a change of a step that is not there');
    expect(isTerminalStep(step.status), `${step.key} was ${step.status} and becomes ${after.status}`).toBe(false);
    step.status = after.status;
    step.depsLeft = after.depsLeft ?? step.depsLeft;
    step.failures = after.failures ?? step.failures;
    step.sessionId = null;
    expect(step.depsLeft).toBeGreaterThanOrEqual(0);
  }
  for (const attempt of change.attempts) world.attempts.push(`${attempt.stepId}:${attempt.attempt}`);
  if (change.status === undefined) return;
  expect(isTerminalTask(world.snapshot.task.status)).toBe(false);
  world.snapshot.task.status = change.status;
  world.ended.push(change.status);
}

/** Settles as the SQL function does: completes the step, releases successors, completes a task without open or bad steps. */
function settle(world: World, step: LockedStep): void {
  step.status = 'completed';
  world.snapshot.outputs[step.key] = {};
  world.attempts.push(`${step.id}:${step.attempt}`);
  for (const next of world.snapshot.steps) {
    if (next.status !== 'pending' || !step.next.includes(next.key)) continue;
    next.depsLeft -= 1;
    expect(next.depsLeft).toBeGreaterThanOrEqual(0);
    if (next.depsLeft === 0) next.status = 'ready';
  }
  if (!world.snapshot.steps.every((one) => isTerminalStep(one.status))) return;
  const clean = world.snapshot.steps.every((one) => one.status === 'completed');
  const status = clean ? 'completed' : 'partial';
  world.snapshot.task.status = status;
  world.ended.push(status);
}

const pipeline = aPipeline();
const actions: ((world: World, pick: number, roll: number) => void)[] = [
  function start(world, pick) {
    const step = stepBy(world, pick);
    if (step.status !== 'ready') return;
    step.status = 'running';
    step.attempt += 1;
    step.sessionId = 'session:1';
  },
  function succeed(world, pick) {
    const step = stepBy(world, pick);
    if (step.status === 'running') settle(world, step);
  },
  function fail(world, pick, roll) {
    const step = stepBy(world, pick);
    // Reports arrive late, twice, and for attempts that ended long ago.
    const report = {
      stepId: step.id,
      sessionId: step.sessionId ?? 'session:1',
      attempt: Math.max(0, step.attempt - (roll % 3 === 0 ? 1 : 0)),
      failure: {
        code: 'AGENT_BUG',
        message: 'no',
        retryable: roll % 5 !== 0,
        counts: roll % 2 === 0,
        retryAfterMs: 0,
        outcome: roll % 7 === 0 ? ('handed_back' as const) : ('failed' as const),
      },
      costNano: 1n,
      random: 0.5,
    };
    const change = decideFailure(world.snapshot, report, pipeline);
    if (change) apply(world, change);
  },
  function lose(world, pick) {
    const step = stepBy(world, pick);
    if (step.status !== 'running') return;
    world.attempts.push(`${step.id}:${step.attempt}`);
    step.status = 'ready';
    step.sessionId = null;
  },
  function exhaustStep(world, pick) {
    const step = stepBy(world, pick);
    if (isTerminalStep(step.status) || isTerminalTask(world.snapshot.task.status)) return;
    const change = { ...emptyChange(), outcome: 'skipped' as const };
    apply(world, exhaust(world.snapshot, step, { code: 'LEASE_LOST', message: 'no', failures: 0 }, change, pipeline));
  },
  function cancel(world, _pick, roll) {
    if (isTerminalTask(world.snapshot.task.status) || roll % 4 !== 0) return;
    const change: TaskChange = { ...emptyChange(), status: 'cancelled' };
    cancelOpenSteps(world.snapshot, change);
    apply(world, change);
  },
  function deadline(world, _pick, roll) {
    if (isTerminalTask(world.snapshot.task.status) || roll % 4 !== 0) return;
    const change = emptyChange();
    endAtDeadline(world.snapshot, change, pipeline);
    apply(world, change);
  },
];

const check = (world: World): void => {
  const { task, steps } = world.snapshot;
  const over = isTerminalTask(task.status);
  expect(world.ended.length).toBe(over ? 1 : 0);
  if (over) expect(steps.every((step) => isTerminalStep(step.status))).toBe(true);
  // An open task has a step that can make progress.
  else expect(steps.some((step) => step.status === 'ready' || step.status === 'running')).toBe(true);
  for (const step of steps) {
    if (step.status !== 'pending') continue;
    const waitsFor = steps.filter((other) => other.next.includes(step.key) && !isTerminalStep(other.status)).length;
    expect(step.depsLeft, `${step.key} waits`).toBe(waitsFor);
    expect(step.depsLeft).toBeGreaterThan(0);
  }
  expect(new Set(world.attempts).size, 'an attempt ends once').toBe(world.attempts.length);
};

describe('the life of a task under any sequence of decisions', () => {
  it('never changes finished steps, always can make progress, and ends exactly once', () => {
    const move = fc.record({ action: fc.nat(actions.length - 1), pick: fc.nat(5), roll: fc.nat(100) });
    fc.assert(
      fc.property(fc.array(move, { maxLength: 80 }), (moves) => {
        const world: World = { snapshot: aSnapshot({ steps: plan() }), ended: [], attempts: [] };
        for (const { action, pick, roll } of moves) {
          actions[action]?.(world, pick, roll);
          check(world);
        }
        // From any state: with workers that succeed, the task ends.
        for (let round = 0; round < 20 && world.ended.length === 0; round += 1) {
          for (const step of world.snapshot.steps) {
            if (step.status === 'ready') step.status = 'running';
            if (step.status === 'running') {
              step.attempt += 1;
              settle(world, step);
            }
          }
        }
        check(world);
        expect(world.ended).toHaveLength(1);
      }),
      { numRuns: 300 },
    );
  });
});
