import { isTerminalTask, type TaskStatus } from '@pressroom/contracts';
import { openTestDatabase, type OpenTestDatabase } from '@pressroom/testkit';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { OPERATOR, openRun, type Run, type StepRow } from './support/a-run.ts';

const KINDS = [
  'complete',
  'start',
  'break',
  'failAgain',
  'exhaust',
  'cancel',
  'deadline',
  'retry',
  'retryFrom',
  'redrive',
] as const;
interface Command {
  kind: (typeof KINDS)[number];
  pick: number;
}
const command: fc.Arbitrary<Command> = fc.record({
  // Work is more frequent than disturbances, so that tasks make progress.
  kind: fc.oneof(
    { arbitrary: fc.constant('complete' as const), weight: 12 },
    { arbitrary: fc.constantFrom(...KINDS), weight: 8 },
  ),
  pick: fc.nat(1_000),
});

const choose = <T>(items: readonly T[], pick: number): T | undefined => items[pick % Math.max(1, items.length)];

describe('generations of a task', () => {
  let db: OpenTestDatabase;
  let run: Run;

  beforeAll(async () => {
    db = await openTestDatabase();
    run = await openRun(db);
  });
  afterAll(() => db.close());

  const apply = async (taskId: string, { kind, pick }: Command): Promise<void> => {
    const steps = [...(await run.steps(taskId)).values()];
    const runnable = choose(
      steps.filter(({ status }) => ['ready', 'queued', 'running'].includes(status)),
      pick,
    )?.key;
    switch (kind) {
      case 'start': {
        const free = choose(
          steps.filter(({ status }) => status === 'ready' || status === 'queued'),
          pick,
        );
        if (free) await run.start(taskId, free.key);
        return;
      }
      case 'complete':
        if (runnable !== undefined) await run.complete(taskId, runnable);
        return;
      case 'break':
        if (runnable !== undefined) await run.fail(taskId, runnable, { retryable: true });
        return;
      case 'failAgain':
        if (runnable !== undefined) await run.fail(taskId, runnable);
        return;
      case 'exhaust': {
        const step = choose(steps, pick);
        if (step)
          await run.transitions.exhaustStep(taskId, step.id, { code: 'STEP_TIMED_OUT', message: 'took too long' });
        return;
      }
      case 'cancel':
        await run.transitions.cancel(taskId, null, OPERATOR);
        return;
      case 'deadline':
        await db.sql(`UPDATE task SET deadline_at = now() - interval '1 s' WHERE id = $1`, [taskId]);
        await run.transitions.endAtDeadline(taskId);
        return;
      case 'retry':
        await run.restarts.retry(taskId, null, {}, OPERATOR);
        return;
      case 'retryFrom':
        await run.restarts.retry(taskId, null, { fromStep: choose(steps, pick)?.key }, OPERATOR);
        return;
      case 'redrive': {
        const deadLetter = choose(await run.deadLettersOf(taskId), pick);
        if (deadLetter) await run.restarts.redrive(deadLetter.id, null, {}, OPERATOR);
      }
    }
  };

  const check = async (taskId: string, seen: Map<string, number>): Promise<void> => {
    const task = await run.task(taskId);
    const steps = [...(await run.steps(taskId)).values()];
    const events = await run.events(taskId);
    const statusOf = new Map(steps.map((step) => [step.key, step.status]));
    const isOver = (step: StepRow) => ['completed', 'skipped', 'dead', 'cancelled'].includes(step.status);

    // Each generation ends exactly once, and only the last may be open.
    for (let generation = 1; generation <= task.generation; generation += 1) {
      const ends = events.filter(
        (event) => event.generation === generation && isTerminalTask(event.type.replace('task.', '') as TaskStatus),
      );
      expect(ends, `ends of generation ${generation}`).toHaveLength(
        generation < task.generation || task.finished ? 1 : 0,
      );
    }
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    expect(isTerminalTask(task.status as TaskStatus)).toBe(task.finished);
    expect(steps.every(isOver)).toBe(task.finished);

    // Attempt numbers only grow.
    for (const step of steps) {
      expect(step.attempt).toBeGreaterThanOrEqual(seen.get(step.id) ?? 0);
      seen.set(step.id, step.attempt);
    }

    // The task's counters equal those of its steps.
    expect(task).toMatchObject({
      steps_total: steps.length,
      steps_left: steps.filter((step) => !isOver(step)).length,
      steps_bad: steps.filter(({ status }) => ['skipped', 'dead', 'cancelled'].includes(status)).length,
    });

    // A step waits exactly for its incomplete dependencies.
    for (const step of steps) {
      for (const key of step.deps) expect(statusOf.has(key), `${step.key} depends on ${key}`).toBe(true);
      if (isOver(step)) continue;
      const missing = step.deps.filter((key) => statusOf.get(key) !== 'completed' && statusOf.get(key) !== 'skipped');
      expect(step.deps_left, `what ${step.key} waits for`).toBe(missing.length);
      expect(step.status === 'pending').toBe(missing.length > 0);
    }

    // An open dead letter belongs to a step that has not completed since.
    for (const deadLetter of await run.deadLettersOf(taskId)) {
      if (deadLetter.state === 'open') expect(['dead', 'skipped']).toContain(statusOf.get(deadLetter.step_key));
    }
  };

  it('keep every invariant for any order of events', async () => {
    const reached = new Set<number>();
    await fc.assert(
      fc.asyncProperty(fc.array(command, { minLength: 5, maxLength: 40 }), async (commands) => {
        const taskId = await run.submit();
        const seen = new Map<string, number>();
        for (const next of commands) {
          await apply(taskId, next);
          await check(taskId, seen);
        }
        reached.add((await run.task(taskId)).generation);
      }),
      { numRuns: 60 },
    );
    // Ensures that the run contained retries.
    expect(Math.max(...reached)).toBeGreaterThanOrEqual(3);
  }, 120_000);
});
