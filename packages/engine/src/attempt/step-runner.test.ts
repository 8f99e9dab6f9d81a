import { type StepJob } from '@pressroom/contracts';
import {
  StoreUnavailableError,
  type Exchange,
  type ExchangeAnswer,
  type ReleasedStep,
  type HeldAttempt,
  type SettleItem,
  type StepAttempt,
} from '@pressroom/db';
import { LeaseLostError, silentLogger } from '@pressroom/runtime';
import { anAttempt, aPipeline, createTestClock, until } from '@pressroom/testkit';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { countedSlots } from '../../test/support/counted-slots.ts';
import { HandedBackError } from '../engine-errors.ts';
import type { WorkerSession } from '../lease/worker-session.ts';
import type { FailureReport } from '../transition/core/decide-failure.ts';
import type { TaskTransitions } from '../transition/task-transitions.ts';
import { currentAttempt, type AttemptResult, type ExecuteAttempt } from './execute-safely.ts';
import { createStepRunner } from './step-runner.ts';

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
/** The answer of a settle; attempts of its hand-offs come from the world. */
type SettleAnswer = Omit<ExchangeAnswer, 'attempts'>;
const settled = (item: { stepId: string }, facts: Partial<SettleAnswer> = {}): SettleAnswer => ({
  outcomes: new Map([[item.stepId, 'settled']]),
  released: [],
  finished: [],
  unfinished: [],
  locked: [],
  ...facts,
});
const aReleasedStep = (facts: Partial<ReleasedStep> & Pick<ReleasedStep, 'kind'>): ReleasedStep => ({
  stepId: 'step-2',
  taskId: 'task-1',
  queue: 'outline.interactive',
  attempt: 0,
  priority: 5,
  ...facts,
});

interface World {
  /** Attempts returned by acquisitions, hand-offs and context reads, by step. */
  attempts: Map<string, StepAttempt>;
  acquire: (jobs: readonly { stepId: string; attempt: number }[]) => Promise<StepAttempt[]>;
  settle: (items: readonly SettleItem[], options: Exchange) => Promise<SettleAnswer>;
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
    dispatchRequests: 0,
  };
  const controllers = new Map<string, AbortController>();
  let adopt: (orphan: HeldAttempt) => Promise<void> = () => Promise.reject(new Error('no handler for orphans'));
  const session: WorkerSession = {
    id: 'session-1',
    get active() {
      return controllers.size;
    },
    registerAttempt(stepId, attempt, controller) {
      controllers.set(`${stepId}:${attempt}`, controller);
      return () => controllers.delete(`${stepId}:${attempt}`);
    },
    onOrphan(handler) {
      adopt = handler;
    },
    hasBacklog: (queue) => queue === 'draft.interactive',
    silentMs: () => 0,
    liveWorkers: 1,
    onHeartbeat: () => undefined,
    start: () => Promise.resolve(),
    stop: () => Promise.resolve(),
  };
  const clock = createTestClock();
  const slots = countedSlots(0);
  const unused = () => Promise.reject(new Error('not used by the runner'));
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
      contexts: (ids) => Promise.resolve(ids.map((id) => world.attempts.get(id)).filter((one) => one !== undefined)),
      async exchange(_session, request) {
        seen.settles.push(...request.settle);
        const answer =
          request.settle.length > 0
            ? await world.settle(request.settle, request)
            : { outcomes: new Map(), released: [], finished: [], unfinished: [], locked: [] };
        const acquired = request.acquire.length > 0 ? await world.acquire(request.acquire) : [];
        const handoffs = answer.released.flatMap((step) => {
          const attempt = step.kind === 'handoff' ? world.attempts.get(step.stepId) : undefined;
          return attempt?.attempt === step.attempt ? [attempt] : [];
        });
        return { ...answer, attempts: [...acquired, ...handoffs] };
      },
    },
    session,
    transitions,
    dispatcher: {
      requestDispatch: () => {
        seen.dispatchRequests += 1;
      },
      dispatchOnce: unused,
      requeueStale: unused,
      reserveDirectSlot: () => false,
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
    concurrency: 8,
    slots,
    clock,
    log: silentLogger(),
  });
  return { runner, world, seen, clock, slots, session, controllers, adopt: (orphan: HeldAttempt) => adopt(orphan) };
}

/** An agent that runs until it is aborted. */
const untilAborted: ExecuteAttempt = (_attempt, { signal }) =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => {
      reject(signal.reason as Error);
    });
  });
/** An agent whose result the test provides. */
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

  it('runs an acquired attempt and settles it with its fencing token', async () => {
    const attempt = anAttempt();
    const { runner, seen, controllers } = start(() => Promise.resolve(done()), attempt);
    await runner.run(jobOf(attempt));
    expect(seen.settles).toMatchObject([{ stepId: 'step-1', attempt: 1, output: { text: 'done' }, costNano: '7' }]);
    expect(seen.failures).toEqual([]);
    expect(controllers.size).toBe(0);
    expect(seen.dispatchRequests).toBe(1);
  });

  it('extends the plan with the steps that a completed step adds', async () => {
    const attempt = anAttempt({ key: 'outline' });
    const { runner, seen } = start(() => Promise.resolve(done()), attempt);
    await runner.run(jobOf(attempt));
    expect(seen.settles[0]?.spawn.map((step) => step.key)).toEqual(['draft-1', 'draft-2', 'draft-3']);
    expect(seen.settles[0]?.joins).toEqual({ refine: ['draft-1', 'draft-2', 'draft-3'] });
  });

  it('does nothing for a job whose attempt cannot be acquired', async () => {
    let executed = 0;
    const { runner, seen } = start(() => {
      executed += 1;
      return Promise.resolve(done());
    });
    await runner.run(jobOf(anAttempt()));
    expect(executed).toBe(0);
    expect(seen.settles).toEqual([]);
  });

  it('runs a job once that is delivered twice at the same time', async () => {
    const attempt = anAttempt();
    let executed = 0;
    const { runner } = start(() => {
      executed += 1;
      return Promise.resolve(done());
    }, attempt);
    await Promise.all([runner.run(jobOf(attempt)), runner.run(jobOf(attempt))]);
    expect(executed).toBe(1);
  });

  it.each(['already', 'fenced'] as const)('accepts the outcome `%s` of a settle', async (outcome) => {
    const attempt = anAttempt();
    const { runner, world, seen } = start(() => Promise.resolve(done()), attempt);
    world.settle = () => Promise.resolve({ ...settled(attempt), outcomes: new Map([[attempt.stepId, outcome]]) });
    await runner.run(jobOf(attempt));
    expect(seen.settles).toHaveLength(1);
    expect(seen.failures).toEqual([]);
  });

  it('continues with a step that the settle hands off', async () => {
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
          released: item?.stepId === 'step-1' ? [aReleasedStep({ kind: 'handoff', stepId: 'step-2', attempt: 1 })] : [],
        }),
      );
    await runner.run(jobOf(first));
    expect(executed).toEqual(['research', 'outline']);
    expect(seen.settles).toHaveLength(2);
  });

  it('does not run a handed-off step that another session has acquired since', async () => {
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
          released: [aReleasedStep({ kind: 'handoff', stepId: 'step-2', attempt: 1 })],
        }),
      );
    await runner.run(jobOf(first));
    expect(executed).toEqual([1]);
  });

  it('accepts hand-offs only from its own queues, and passes the queues with a backlog', async () => {
    const attempt = anAttempt();
    const { runner, world } = start(() => Promise.resolve(done()), attempt);
    let options: Exchange | undefined;
    world.settle = ([item], given) => {
      options = given;
      return Promise.resolve(settled(item ?? { stepId: '' }));
    };
    await runner.run(jobOf(attempt));
    expect(options?.handoffQueues).toEqual(['research.interactive', 'outline.interactive']);
    expect(options?.queuesWithBacklog).toEqual(['draft.interactive']);
  });

  it('adds jobs for released steps, and finishes a task without open steps', async () => {
    const attempt = anAttempt();
    const { runner, world, seen } = start(() => Promise.resolve(done()), attempt);
    world.settle = ([item]) =>
      Promise.resolve(
        settled(item ?? { stepId: '' }, {
          released: [aReleasedStep({ kind: 'queued', stepId: 'step-9', attempt: 2 })],
          unfinished: ['task-1'],
        }),
      );
    await runner.run(jobOf(attempt));
    expect(seen.finished).toEqual(['task-1']);
    await until(() => seen.jobs.length > 0);
    expect(seen.jobs).toEqual([{ taskId: 'task-1', stepId: 'step-9', attempt: 3 }]);
  });

  describe('runs released steps', () => {
    /** Starts with a step whose settle releases the given ones; their attempts can be acquired or handed off. */
    const releasing = (
      execute: ExecuteAttempt,
      released: readonly ReleasedStep[],
      first: Partial<StepAttempt> = {},
    ) => {
      const attempts = released.map(({ stepId }) => anAttempt({ stepId, key: 'outline' }));
      const opened = start(execute, anAttempt(first), ...attempts);
      opened.world.settle = (items) =>
        Promise.resolve({
          outcomes: new Map(items.map((item) => [item.stepId, 'settled'])),
          released: items.some((item) => item.stepId === 'step-1') ? [...released] : [],
          finished: [],
          unfinished: [],
          locked: [],
        });
      return { ...opened, job: jobOf(anAttempt(first)) };
    };
    const counted = () => {
      const executed: string[] = [];
      const execute: ExecuteAttempt = (attempt) => {
        executed.push(attempt.stepId);
        return Promise.resolve(done());
      };
      return { executed, execute };
    };
    const queued = aReleasedStep({ kind: 'queued' });

    it('in its own slot without the queue store, when one becomes free in time', async () => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      const { executed, execute } = counted();
      const { runner, seen, slots, clock, job } = releasing(execute, [queued]);
      await runner.run(job);
      await vi.advanceTimersByTimeAsync(19);
      expect(executed).toEqual(['step-1']);
      slots.add();
      await clock.advance(0);
      await vi.advanceTimersByTimeAsync(60_000);
      expect(executed).toEqual(['step-1', 'step-2']);
      expect(seen.settles.map((item) => item.stepId)).toEqual(['step-1', 'step-2']);
      expect(seen.jobs).toEqual([]);
      expect(slots.free).toBe(1);
    });

    it('through the queue store, when none of its slots becomes free in time', async () => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      const { executed, execute } = counted();
      const { runner, seen, slots, clock, job } = releasing(execute, [queued]);
      await runner.run(job);
      await vi.advanceTimersByTimeAsync(19);
      expect(seen.jobs).toEqual([]);
      await vi.advanceTimersByTimeAsync(1);
      expect(seen.jobs).toEqual([{ taskId: 'task-1', stepId: 'step-2', attempt: 1 }]);
      slots.add();
      await clock.advance(0);
      expect(executed).toEqual(['step-1']);
      expect(slots.free).toBe(1);
    });

    it('in the slots that become free in time, and adds the others to the queue store', async () => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      const { executed, execute } = counted();
      const { runner, seen, slots, clock, job } = releasing(
        async (attempt, run) => (attempt.stepId === 'step-1' ? execute(attempt, run) : untilAborted(attempt, run)),
        [queued, { ...queued, stepId: 'step-3' }],
      );
      slots.add();
      await runner.run(job);
      await clock.advance(0);
      await vi.advanceTimersByTimeAsync(20);
      expect(executed).toEqual(['step-1']);
      expect(seen.jobs).toEqual([{ taskId: 'task-1', stepId: 'step-3', attempt: 1 }]);
      expect(slots.free).toBe(0);
    });

    it('through the queue store at once, when the worker starts draining during the wait for a slot', async () => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      const { executed, execute } = counted();
      const { runner, seen, slots, clock, job } = releasing(execute, [queued]);
      await runner.run(job);
      runner.stopAccepting();
      slots.add();
      await clock.advance(0);
      expect(seen.jobs).toEqual([{ taskId: 'task-1', stepId: 'step-2', attempt: 1 }]);
      expect(executed).toEqual(['step-1']);
    });

    it('through the queue store at once, when the worker is draining', async () => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      const { execute, started, finish } = gated();
      const { runner, seen, slots, job } = releasing(execute, [queued]);
      slots.add();
      const running = runner.run(job);
      await started;
      runner.stopAccepting();
      finish(done());
      await running;
      expect(seen.jobs).toEqual([{ taskId: 'task-1', stepId: 'step-2', attempt: 1 }]);
    });

    it('through the queue store at once, when they belong to another pool', async () => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      const { executed, execute } = counted();
      const { runner, seen, slots, clock, job } = releasing(execute, [{ ...queued, queue: 'refine.interactive' }]);
      slots.add();
      await runner.run(job);
      expect(seen.jobs).toEqual([{ taskId: 'task-1', stepId: 'step-2', attempt: 1 }]);
      await clock.advance(0);
      expect(executed).toEqual(['step-1']);
    });

    it('concurrently in separate slots, when several are handed off', async () => {
      const gates = new Map(['step-2', 'step-3', 'step-4'].map((id) => [id, gated()]));
      const { runner, seen, slots, clock, job } = releasing(
        (attempt, run) => gates.get(attempt.stepId)?.execute(attempt, run) ?? Promise.resolve(done()),
        [...gates.keys()].map((stepId) => aReleasedStep({ kind: 'handoff', stepId, attempt: 1 })),
        { successors: 3 },
      );
      for (let slot = 0; slot < 4; slot += 1) slots.add();
      const running = runner.run(job);
      await Promise.all([...gates.values()].map(({ started }) => started));
      expect(slots.free).toBe(2);
      gates.get('step-2')?.finish(done());
      await running;
      expect(slots.free).toBe(2);
      gates.get('step-3')?.finish(done());
      gates.get('step-4')?.finish(done());
      await clock.advance(0);
      expect(slots.free).toBe(4);
      expect(seen.settles.map((item) => item.stepId).toSorted()).toEqual(['step-1', 'step-2', 'step-3', 'step-4']);
    });

    it('until the process must end, and then hands them back', async () => {
      const { executed, execute } = counted();
      const { runner, seen, slots, clock, job } = releasing(
        async (attempt, run) => (attempt.stepId === 'step-1' ? execute(attempt, run) : untilAborted(attempt, run)),
        [queued],
      );
      slots.add();
      await runner.run(job);
      await clock.advance(0);
      slots.abort();
      await clock.advance(0);
      expect(executed).toEqual(['step-1']);
      expect(seen.failures).toMatchObject([{ stepId: 'step-2', failure: { outcome: 'handed_back', counts: false } }]);
      expect(slots.free).toBe(1);
    });
  });

  describe('while the store is unavailable', () => {
    const away = () => new StoreUnavailableError('the database is not reachable');

    it('keeps a result until it is settled', async () => {
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

    it('keeps a result no longer than its lease', async () => {
      const attempt = anAttempt();
      const { runner, world, clock, controllers } = start(() => Promise.resolve(done()), attempt);
      world.settle = () => Promise.reject(away());
      const running = runner.run(jobOf(attempt));
      await clock.advance(300);
      controllers.get('step-1:1')?.abort(new LeaseLostError('gone'));
      await clock.advance(300);
      await running;
    });

    it('retries acquisitions and failure reports', async () => {
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
    it('that the agent returns, with its cost', async () => {
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

    it('that the agent throws, also synchronously', async () => {
      const attempt = anAttempt();
      const { runner, seen } = start(() => {
        throw new TypeError('boom');
      }, attempt);
      await runner.run(jobOf(attempt));
      expect(seen.failures).toMatchObject([{ failure: { code: 'AGENT_BUG', message: 'unexpected TypeError' } }]);
    });

    it('of a time-out, not the error that the abort caused in the agent', async () => {
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

    it('of an agent that ignores the abort, after a grace period', async () => {
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

    it('of an unknown pipeline version, without running the agent', async () => {
      const attempt = anAttempt({ pipelineVersion: 9 });
      let executed = 0;
      const { runner, seen } = start(() => {
        executed += 1;
        return Promise.resolve(done());
      }, attempt);
      await runner.run(jobOf(attempt));
      expect(executed).toBe(0);
      expect(seen.failures).toMatchObject([
        { sessionId: 'session-1', failure: { code: 'PIPELINE_UNKNOWN', outcome: 'refused', counts: false } },
      ]);
    });

    it('with the attempt that the failing code belongs to, also in timers', async () => {
      const attempt = anAttempt();
      let known: unknown;
      const { runner } = start(async () => {
        await new Promise((resolve) => setImmediate(resolve));
        known = currentAttempt();
        return done();
      }, attempt);
      await runner.run(jobOf(attempt));
      expect(known).toEqual({ taskId: 'task-1', stepId: 'step-1', step: 'research', attempt: 1 });
      expect(currentAttempt()).toBeUndefined();
    });

    it('of an uncaught error: its attempt fails, the others are handed back', async () => {
      const culprit = anAttempt({ stepId: 'culprit' });
      const innocent = anAttempt({ stepId: 'innocent', taskId: 'task-2' });
      const { runner, seen, controllers } = start(untilAborted, culprit, innocent);
      const runs = [culprit, innocent].map((attempt) => runner.run(jobOf(attempt)));
      await until(() => controllers.size === 2);
      runner.handBackAfterCrash({ stepId: 'culprit', attempt: 1 });
      await Promise.all(runs);
      const failures = new Map(seen.failures.map(({ stepId, failure }) => [stepId, failure]));
      expect(failures.get('culprit')).toMatchObject({ code: 'AGENT_BUG', counts: true, isLoss: true });
      expect(failures.get('innocent')).toMatchObject({ outcome: 'handed_back', counts: false });
      expect(failures.get('innocent')).not.toHaveProperty('isLoss');
    });

    it('of an uncaught error of an unknown step: each attempt counts a loss and no failure', async () => {
      const attempts = [anAttempt({ stepId: 'a' }), anAttempt({ stepId: 'b', taskId: 'task-2' })];
      const { runner, seen, controllers } = start(untilAborted, ...attempts);
      const runs = attempts.map((attempt) => runner.run(jobOf(attempt)));
      await until(() => controllers.size === 2);
      runner.handBackAfterCrash(undefined);
      await Promise.all(runs);
      expect(seen.failures).toMatchObject([
        { failure: { outcome: 'handed_back', counts: false, isLoss: true } },
        { failure: { outcome: 'handed_back', counts: false, isLoss: true } },
      ]);
    });

    it('of a result that the store rejects, instead of retrying it for ever', async () => {
      const attempt = anAttempt();
      const { runner, world, seen } = start(() => Promise.resolve(done()), attempt);
      world.settle = () => Promise.reject(new Error('duplicate key'));
      await runner.run(jobOf(attempt));
      expect(seen.settles).toHaveLength(1);
      expect(seen.failures).toMatchObject([{ costNano: 7n, failure: { code: 'AGENT_BUG' } }]);
    });

    it('without its details, when the store rejects those', async () => {
      const attempt = anAttempt();
      const { runner, world, seen } = start(() => Promise.reject(new Error('boom')), attempt);
      world.fail = ({ failure }) =>
        failure.topFrame === undefined ? Promise.resolve('retry') : Promise.reject(new Error('invalid input syntax'));
      await runner.run(jobOf(attempt));
      expect(seen.failures.map(({ failure }) => failure)).toMatchObject([
        { code: 'AGENT_BUG', message: 'unexpected Error' },
        {
          code: 'AGENT_BUG',
          message: expect.stringContaining('the store rejected the details') as string,
          counts: true,
        },
      ]);
    });

    it('and releases the attempt when the store rejects that too', async () => {
      const attempt = anAttempt();
      const { runner, world, session } = start(() => Promise.reject(new Error('boom')), attempt);
      world.fail = () => Promise.reject(new Error('violates a constraint'));
      await runner.run(jobOf(attempt));
      expect(session.active).toBe(0);
    });
  });

  it('neither settles nor reports after the lease is lost', async () => {
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
    it('hands back running attempts and, unstarted, delivered jobs, without counting failures', async () => {
      const [first, second] = [anAttempt(), anAttempt({ stepId: 'step-2' })];
      const started: string[] = [];
      const { runner, seen, clock, session } = start(
        (attempt, run) => {
          started.push(attempt.stepId);
          return untilAborted(attempt, run);
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

    it('hands back, unstarted, attempts that were being acquired when it started', async () => {
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

    it('lets running attempts continue after stopAccepting, requests no hand-offs, and hands back delivered jobs', async () => {
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
      runner.stopAccepting();
      await runner.run(jobOf(second));
      finish(done());
      await running;
      expect(seen.settles.map((item) => item.stepId)).toEqual(['step-1']);
      expect(seen.failures).toMatchObject([{ stepId: 'step-2', failure: { outcome: 'handed_back' } }]);
      expect(handoffQueues).toEqual([]);
    });
  });

  it('adopts an orphan of its session, and marks it as a rerun', async () => {
    const attempt = anAttempt();
    const reruns: boolean[] = [];
    const { adopt, runner, seen } = start((_attempt, { isRerun }) => {
      reruns.push(isRerun);
      return Promise.resolve(done());
    }, attempt);
    await adopt({ stepId: 'step-1', attempt: 1 });
    expect(seen.settles).toMatchObject([{ stepId: 'step-1' }]);
    await adopt({ stepId: 'step-1', attempt: 9 });
    expect(seen.settles).toHaveLength(1);
    await runner.run(jobOf(attempt));
    expect(reruns).toEqual([true, false]);
  });
});
