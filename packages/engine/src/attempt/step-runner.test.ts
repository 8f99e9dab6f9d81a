import { ALL_QUEUES, type StepJob } from '@pressroom/contracts';
import {
  StoreUnavailableError,
  type HeldAttempt,
  type SettleAnswer,
  type SettleItem,
  type StepAttempt,
  type StepStore,
} from '@pressroom/db';
import { silentLogger } from '@pressroom/runtime';
import { anAttempt, aPipeline, createTestClock } from '@pressroom/testkit';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { HandedBackError, LeaseLostError } from '../engine-errors.ts';
import type { WorkerSession } from '../lease/worker-session.ts';
import type { FailureReport } from '../transition/core/decide-failure.ts';
import type { TaskTransitions } from '../transition/task-transitions.ts';
import { createStepRunner, type AttemptResult, type ExecuteAttempt } from './step-runner.ts';

const done = (facts: Partial<Extract<AttemptResult, { outcome: 'done' }>> = {}): AttemptResult => ({
  outcome: 'done',
  output: { text: 'done' },
  limitations: [],
  degraded: false,
  costNano: 7n,
  avoided: [],
  ...facts,
});
const jobOf = (attempt: StepAttempt): StepJob => ({
  taskId: attempt.taskId,
  stepId: attempt.stepId,
  attempt: attempt.attempt,
});
const settled = (item: { stepId: string }, facts: Partial<SettleAnswer> = {}): SettleAnswer => ({
  outcomes: new Map([[item.stepId, 'settled']]),
  freed: [],
  finished: [],
  unfinished: [],
  ...facts,
});

interface World {
  /** What acquiring and reading contexts answers, by step. */
  attempts: Map<string, StepAttempt>;
  acquire: (jobs: readonly { stepId: string; attempt: number }[]) => Promise<StepAttempt[]>;
  settle: (items: readonly SettleItem[], options: Parameters<StepStore['settle']>[2]) => Promise<SettleAnswer>;
  fail: (report: Omit<FailureReport, 'random'>) => Promise<unknown>;
}

function start(execute: ExecuteAttempt, ...attempts: StepAttempt[]) {
  const world: World = {
    attempts: new Map(attempts.map((attempt) => [attempt.stepId, attempt])),
    acquire: (jobs) =>
      Promise.resolve(
        [...world.attempts.values()].filter((one) =>
          jobs.some((job) => job.stepId === one.stepId && job.attempt === one.attempt),
        ),
      ),
    settle: (items) => Promise.resolve(settled(items[0] ?? { stepId: '' })),
    fail: () => Promise.resolve('retry'),
  };
  const seen = {
    settles: [] as SettleItem[],
    failures: [] as Omit<FailureReport, 'random'>[],
    jobs: [] as StepJob[],
    finished: [] as string[],
    kicks: 0,
  };
  const controllers = new Map<string, AbortController>();
  let adopt: (orphan: HeldAttempt) => Promise<void> = () => Promise.reject(new Error('nobody adopts'));
  const session: WorkerSession = {
    id: 'session-1',
    get active() {
      return controllers.size;
    },
    hold(stepId, attempt, controller) {
      controllers.set(`${stepId}:${attempt}`, controller);
      return () => controllers.delete(`${stepId}:${attempt}`);
    },
    onOrphan(handler) {
      adopt = handler;
    },
    isContended: (queue) => queue === 'draft.interactive',
    silentMs: () => 0,
    liveWorkers: 1,
    onBeat: () => undefined,
    start: () => Promise.resolve(),
    stop: () => Promise.resolve(),
  };
  const clock = createTestClock();
  const unused = () => Promise.reject(new Error('not part of this'));
  const transitions: TaskTransitions = {
    cancel: unused,
    exhaustStep: unused,
    endAtDeadline: unused,
    finish(taskId) {
      seen.finished.push(taskId);
      return Promise.resolve();
    },
    async fail(_taskId, report) {
      seen.failures.push(report);
      return (await world.fail(report)) as 'retry';
    },
  };
  const runner = createStepRunner({
    steps: {
      acquire: (_session, jobs) => world.acquire(jobs),
      contexts: (ids) => Promise.resolve(ids.map((id) => world.attempts.get(id)).filter((one) => one !== undefined)),
      settle(_session, items, options) {
        seen.settles.push(...items);
        return world.settle(items, options);
      },
    },
    session,
    transitions,
    dispatcher: {
      kick: () => {
        seen.kicks += 1;
      },
      round: unused,
      requeueStale: unused,
      takeRoom: () => false,
      stop: () => Promise.resolve(),
    },
    jobs: {
      add(_queue, jobs) {
        seen.jobs.push(...jobs.map(({ job }) => job));
        return Promise.resolve();
      },
    },
    findPipeline: (type, version) => (type === 'article' && version === 1 ? aPipeline() : undefined),
    execute,
    queues: ['research.interactive', 'outline.interactive'],
    clock,
    log: silentLogger(),
  });
  return { runner, world, seen, clock, session, controllers, adopt: (orphan: HeldAttempt) => adopt(orphan) };
}

/** An agent that works until it is told to stop, as agents must. */
const untilStopped: ExecuteAttempt = (_attempt, { signal }) =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => {
      reject(signal.reason as Error);
    });
  });
/** An agent that the test lets go on. */
function gated() {
  const started = Promise.withResolvers<undefined>();
  const gate = Promise.withResolvers<AttemptResult>();
  const execute: ExecuteAttempt = () => {
    started.resolve(undefined);
    return gate.promise;
  };
  return { execute, started: started.promise, finish: gate.resolve };
}

describe('the step runner', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('runs the attempt it gets and settles it under its fence', async () => {
    const attempt = anAttempt();
    const { runner, seen, controllers } = start(() => Promise.resolve(done()), attempt);
    await runner.run(jobOf(attempt));
    expect(seen.settles).toMatchObject([{ stepId: 'step-1', attempt: 1, output: { text: 'done' }, costNano: '7' }]);
    expect(seen.failures).toEqual([]);
    expect(controllers.size).toBe(0);
    expect(seen.kicks).toBe(1);
  });

  it('extends the plan with what a completed step fans out to', async () => {
    const attempt = anAttempt({ key: 'outline' });
    const { runner, seen } = start(() => Promise.resolve(done()), attempt);
    await runner.run(jobOf(attempt));
    expect(seen.settles[0]?.spawn.map((step) => step.key)).toEqual(['draft-1', 'draft-2', 'draft-3']);
    expect(seen.settles[0]?.joins).toEqual({ refine: ['draft-1', 'draft-2', 'draft-3'] });
  });

  it('does nothing for a job whose attempt is not to be had', async () => {
    let executed = 0;
    const { runner, seen } = start(() => {
      executed += 1;
      return Promise.resolve(done());
    });
    await runner.run(jobOf(anAttempt()));
    expect(executed).toBe(0);
    expect(seen.settles).toEqual([]);
  });

  it('runs a job once that is delivered twice at a time', async () => {
    const attempt = anAttempt();
    let executed = 0;
    const { runner } = start(() => {
      executed += 1;
      return Promise.resolve(done());
    }, attempt);
    await Promise.all([runner.run(jobOf(attempt)), runner.run(jobOf(attempt))]);
    expect(executed).toBe(1);
  });

  it.each(['already', 'fenced'] as const)('is content when settling answers `%s`', async (outcome) => {
    const attempt = anAttempt();
    const { runner, world, seen } = start(() => Promise.resolve(done()), attempt);
    world.settle = () => Promise.resolve({ ...settled(attempt), outcomes: new Map([[attempt.stepId, outcome]]) });
    await runner.run(jobOf(attempt));
    expect(seen.settles).toHaveLength(1);
    expect(seen.failures).toEqual([]);
  });

  it('goes straight on with a step that settling hands on', async () => {
    const [first, second] = [anAttempt(), anAttempt({ stepId: 'step-2', key: 'outline' })];
    const executed: string[] = [];
    const { runner, world, seen } = start(
      (attempt) => {
        executed.push(attempt.key);
        return Promise.resolve(done());
      },
      first,
      second,
    );
    world.settle = ([item]) =>
      Promise.resolve(
        settled(item ?? { stepId: '' }, {
          freed:
            item?.stepId === 'step-1'
              ? [
                  {
                    kind: 'handoff',
                    stepId: 'step-2',
                    taskId: 'task-1',
                    queue: 'outline.interactive',
                    attempt: 1,
                    priority: 5,
                  },
                ]
              : [],
        }),
      );
    await runner.run(jobOf(first));
    expect(executed).toEqual(['research', 'outline']);
    expect(seen.settles).toHaveLength(2);
  });

  it('leaves a step alone that was handed on but has gone to somebody else by now', async () => {
    const [first, second] = [anAttempt(), anAttempt({ stepId: 'step-2', attempt: 2 })];
    const executed: number[] = [];
    const { runner, world } = start(
      (attempt) => {
        executed.push(attempt.attempt);
        return Promise.resolve(done());
      },
      first,
      second,
    );
    world.settle = ([item]) =>
      Promise.resolve(
        settled(item ?? { stepId: '' }, {
          freed: [
            {
              kind: 'handoff',
              stepId: 'step-2',
              taskId: 'task-1',
              queue: 'outline.interactive',
              attempt: 1,
              priority: 5,
            },
          ],
        }),
      );
    await runner.run(jobOf(first));
    expect(executed).toEqual([1]);
  });

  it('asks to be handed only what it consumes, and nothing where others wait', async () => {
    const attempt = anAttempt();
    const { runner, world } = start(() => Promise.resolve(done()), attempt);
    let options: Parameters<StepStore['settle']>[2] | undefined;
    world.settle = ([item], given) => {
      options = given;
      return Promise.resolve(settled(item ?? { stepId: '' }));
    };
    await runner.run(jobOf(attempt));
    expect(options?.handoffQueues).toEqual(['research.interactive', 'outline.interactive']);
    expect(options?.directQueues).toEqual(ALL_QUEUES.filter((queue) => queue !== 'draft.interactive'));
  });

  it('adds jobs for freed steps, and has a task ended whose last step was this one', async () => {
    const attempt = anAttempt();
    const { runner, world, seen } = start(() => Promise.resolve(done()), attempt);
    world.settle = ([item]) =>
      Promise.resolve(
        settled(item ?? { stepId: '' }, {
          freed: [
            {
              kind: 'queued',
              stepId: 'step-9',
              taskId: 'task-1',
              queue: 'outline.interactive',
              attempt: 2,
              priority: 5,
            },
          ],
          unfinished: ['task-1'],
        }),
      );
    await runner.run(jobOf(attempt));
    expect(seen.jobs).toEqual([{ taskId: 'task-1', stepId: 'step-9', attempt: 3 }]);
    expect(seen.finished).toEqual(['task-1']);
  });

  describe('when the store is away', () => {
    const away = () => new StoreUnavailableError('the database is not reachable');

    it('holds a result until it is settled', async () => {
      const attempt = anAttempt();
      const { runner, world, seen, clock, session } = start(() => Promise.resolve(done()), attempt);
      let tries = 0;
      world.settle = ([item]) => {
        tries += 1;
        return tries <= 2 ? Promise.reject(away()) : Promise.resolve(settled(item ?? { stepId: '' }));
      };
      const running = runner.run(jobOf(attempt));
      await clock.advance(100);
      expect(session.active).toBe(1);
      await clock.advance(1_000);
      await running;
      expect(tries).toBe(3);
      expect(seen.failures).toEqual([]);
    });

    it('holds a result no longer than its lease', async () => {
      const attempt = anAttempt();
      const { runner, world, clock, controllers } = start(() => Promise.resolve(done()), attempt);
      world.settle = () => Promise.reject(away());
      const running = runner.run(jobOf(attempt));
      await clock.advance(300);
      controllers.get('step-1:1')?.abort(new LeaseLostError('gone'));
      await clock.advance(300);
      await running;
    });

    it('waits to acquire, and to report a failure', async () => {
      const attempt = anAttempt();
      const { runner, world, seen, clock } = start(() => Promise.reject(new Error('boom')), attempt);
      const { acquire } = world;
      let asked = 0;
      world.acquire = (jobs) => {
        asked += 1;
        return asked === 1 ? Promise.reject(away()) : acquire(jobs);
      };
      world.fail = () => (seen.failures.length === 1 ? Promise.reject(away()) : Promise.resolve('retry'));
      const running = runner.run(jobOf(attempt));
      await clock.advance(2_000);
      await running;
      expect(asked).toBe(2);
      expect(seen.failures).toHaveLength(2);
    });
  });

  describe('reports a failure', () => {
    it('that the agent answers, with what it has cost', async () => {
      const attempt = anAttempt();
      const { runner, seen } = start(
        () => Promise.resolve({ outcome: 'failed', error: new Error('boom'), costNano: 9n }),
        attempt,
      );
      await runner.run(jobOf(attempt));
      expect(seen.failures).toMatchObject([
        { stepId: 'step-1', attempt: 1, costNano: 9n, failure: { code: 'AGENT_BUG' } },
      ]);
      expect(seen.settles).toEqual([]);
    });

    it('that the agent throws, even before it answers a promise', async () => {
      const attempt = anAttempt();
      const { runner, seen } = start(() => {
        throw new TypeError('boom');
      }, attempt);
      await runner.run(jobOf(attempt));
      expect(seen.failures).toMatchObject([{ failure: { code: 'AGENT_BUG', message: 'unexpected TypeError' } }]);
    });

    it('of its time, whatever error stopping caused further down', async () => {
      const attempt = anAttempt({ leftMs: 5, attemptTimeoutMs: 5 });
      const { runner, seen } = start(
        (_attempt, { signal }) =>
          new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => {
              reject(new Error('socket hang up'));
            });
          }),
        attempt,
      );
      await runner.run(jobOf(attempt));
      expect(seen.failures).toMatchObject([{ failure: { code: 'STEP_TIMED_OUT', counts: true } }]);
    });

    it('of an agent that does not stop when told to, after a grace period', async () => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      const attempt = anAttempt({ leftMs: 1_000 });
      const never = Promise.withResolvers<AttemptResult>();
      const { runner, seen, clock } = start(() => never.promise, attempt);
      const running = runner.run(jobOf(attempt));
      await clock.advance(0);
      await vi.advanceTimersByTimeAsync(5_900);
      expect(seen.failures).toEqual([]);
      await vi.advanceTimersByTimeAsync(200);
      await running;
      expect(seen.failures).toMatchObject([{ failure: { code: 'STEP_TIMED_OUT' } }]);
    });

    it('of a pipeline version that this worker does not know, without running anything', async () => {
      const attempt = anAttempt({ pipelineVersion: 9 });
      let executed = 0;
      const { runner, seen } = start(() => {
        executed += 1;
        return Promise.resolve(done());
      }, attempt);
      await runner.run(jobOf(attempt));
      expect(executed).toBe(0);
      expect(seen.failures).toMatchObject([{ failure: { code: 'PIPELINE_UNKNOWN', retryable: false } }]);
    });

    it('of a result that the store refuses, instead of offering it for ever', async () => {
      const attempt = anAttempt();
      const { runner, world, seen } = start(() => Promise.resolve(done()), attempt);
      world.settle = () => Promise.reject(new Error('duplicate key'));
      await runner.run(jobOf(attempt));
      expect(seen.settles).toHaveLength(1);
      expect(seen.failures).toMatchObject([{ costNano: 7n, failure: { code: 'AGENT_BUG' } }]);
    });

    it('and lets go of the attempt when even that is refused', async () => {
      const attempt = anAttempt();
      const { runner, world, session } = start(() => Promise.reject(new Error('boom')), attempt);
      world.fail = () => Promise.reject(new Error('violates a constraint'));
      await runner.run(jobOf(attempt));
      expect(session.active).toBe(0);
    });
  });

  it('settles and reports nothing once the lease is lost', async () => {
    const attempt = anAttempt();
    const { execute, started, finish } = gated();
    const { runner, seen, controllers } = start(execute, attempt);
    const running = runner.run(jobOf(attempt));
    await started;
    controllers.get('step-1:1')?.abort(new LeaseLostError('gone'));
    finish(done());
    await running;
    expect(seen.settles).toEqual([]);
    expect(seen.failures).toEqual([]);
  });

  describe('draining', () => {
    it('hands back what runs, and what is still delivered, as no failure and without starting it', async () => {
      const [first, second] = [anAttempt(), anAttempt({ stepId: 'step-2' })];
      const started: string[] = [];
      const { runner, seen, clock, session } = start(
        (attempt, run) => {
          started.push(attempt.stepId);
          return untilStopped(attempt, run);
        },
        first,
        second,
      );
      const running = runner.run(jobOf(first));
      await clock.advance(0);
      expect(session.active).toBe(1);
      runner.handBack();
      await running;
      await runner.run(jobOf(second));
      expect(started).toEqual(['step-1']);
      expect(seen.failures).toMatchObject(
        ['step-1', 'step-2'].map((stepId) => ({ stepId, failure: { outcome: 'handed_back', counts: false } })),
      );
    });

    it('hands back without starting it what was on its way while it began', async () => {
      const attempt = anAttempt();
      const arriving = Promise.withResolvers<StepAttempt[]>();
      let executed = 0;
      const { runner, world, seen } = start(() => {
        executed += 1;
        return Promise.resolve(done());
      }, attempt);
      world.acquire = () => arriving.promise;
      const running = runner.run(jobOf(attempt));
      runner.handBack();
      arriving.resolve([attempt]);
      await running;
      expect(executed).toBe(0);
      expect(seen.failures).toMatchObject([{ failure: { outcome: 'handed_back' } }]);
      expect(new HandedBackError('x').retryable).toBe(true);
    });

    it('lets what runs go on when it only takes no more, asks for no hand-off, and gives back what still comes', async () => {
      const [first, second] = [anAttempt(), anAttempt({ stepId: 'step-2' })];
      const { execute, started, finish } = gated();
      const { runner, world, seen } = start(execute, first, second);
      let handoffQueues: readonly string[] | undefined;
      world.settle = ([item], options) => {
        handoffQueues = options.handoffQueues;
        return Promise.resolve(settled(item ?? { stepId: '' }));
      };
      const running = runner.run(jobOf(first));
      await started;
      runner.stopTaking();
      await runner.run(jobOf(second));
      finish(done());
      await running;
      expect(seen.settles.map((item) => item.stepId)).toEqual(['step-1']);
      expect(seen.failures).toMatchObject([{ stepId: 'step-2', failure: { outcome: 'handed_back' } }]);
      expect(handoffQueues).toEqual([]);
    });
  });

  it('runs an attempt that the session has found to be its own', async () => {
    const attempt = anAttempt();
    const { adopt, seen } = start(() => Promise.resolve(done()), attempt);
    await adopt({ stepId: 'step-1', attempt: 1 });
    expect(seen.settles).toMatchObject([{ stepId: 'step-1' }]);
    await adopt({ stepId: 'step-1', attempt: 9 });
    expect(seen.settles).toHaveLength(1);
  });
});
