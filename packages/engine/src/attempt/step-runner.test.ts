import { type StepJob } from '@pressroom/contracts';
import {
  StoreUnavailableError,
  type Exchange,
  type ExchangeAnswer,
  type FreedStep,
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
/** What settling answers; the attempts of what it hands on are those of the world. */
type SettleAnswer = Omit<ExchangeAnswer, 'attempts'>;
const settled = (item: { stepId: string }, facts: Partial<SettleAnswer> = {}): SettleAnswer => ({
  outcomes: new Map([[item.stepId, 'settled']]),
  freed: [],
  finished: [],
  unfinished: [],
  locked: [],
  ...facts,
});
const aFreedStep = (facts: Partial<FreedStep> & Pick<FreedStep, 'kind'>): FreedStep => ({
  stepId: 'step-2',
  taskId: 'task-1',
  queue: 'outline.interactive',
  attempt: 0,
  priority: 5,
  ...facts,
});

interface World {
  /** What taking, handing on and reading contexts answers, by step. */
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
    kicks: 0,
  };
  const controllers = new Map<string, AbortController>();
  let adopt: (orphan: HeldAttempt) => Promise<void> = () => Promise.reject(new Error('nobody adopts'));
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
      contexts: (ids) => Promise.resolve(ids.map((id) => world.attempts.get(id)).filter((one) => one !== undefined)),
      async exchange(_session, wishes) {
        seen.settles.push(...wishes.settle);
        const answer =
          wishes.settle.length > 0
            ? await world.settle(wishes.settle, wishes)
            : { outcomes: new Map(), freed: [], finished: [], unfinished: [], locked: [] };
        const taken = wishes.take.length > 0 ? await world.acquire(wishes.take) : [];
        const handedOn = answer.freed.flatMap((step) => {
          const attempt = step.kind === 'handoff' ? world.attempts.get(step.stepId) : undefined;
          return attempt?.attempt === step.attempt ? [attempt] : [];
        });
        return { ...answer, attempts: [...taken, ...handedOn] };
      },
    },
    session,
    transitions,
    dispatcher: {
      requestDispatch: () => {
        seen.kicks += 1;
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
          freed: item?.stepId === 'step-1' ? [aFreedStep({ kind: 'handoff', stepId: 'step-2', attempt: 1 })] : [],
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
          freed: [aFreedStep({ kind: 'handoff', stepId: 'step-2', attempt: 1 })],
        }),
      );
    await runner.run(jobOf(first));
    expect(executed).toEqual([1]);
  });

  it('asks to be handed only what it consumes, and tells where others wait', async () => {
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

  it('adds jobs for freed steps, and has a task ended whose last step was this one', async () => {
    const attempt = anAttempt();
    const { runner, world, seen } = start(() => Promise.resolve(done()), attempt);
    world.settle = ([item]) =>
      Promise.resolve(
        settled(item ?? { stepId: '' }, {
          freed: [aFreedStep({ kind: 'queued', stepId: 'step-9', attempt: 2 })],
          unfinished: ['task-1'],
        }),
      );
    await runner.run(jobOf(attempt));
    expect(seen.finished).toEqual(['task-1']);
    await until(() => seen.jobs.length > 0);
    expect(seen.jobs).toEqual([{ taskId: 'task-1', stepId: 'step-9', attempt: 3 }]);
  });

  describe('goes on with what it frees', () => {
    /** A step whose settling frees the given ones; the attempts are there to be taken or handed on. */
    const freeing = (execute: ExecuteAttempt, freed: readonly FreedStep[], first: Partial<StepAttempt> = {}) => {
      const attempts = freed.map(({ stepId }) => anAttempt({ stepId, key: 'outline' }));
      const opened = start(execute, anAttempt(first), ...attempts);
      opened.world.settle = (items) =>
        Promise.resolve({
          outcomes: new Map(items.map((item) => [item.stepId, 'settled'])),
          freed: items.some((item) => item.stepId === 'step-1') ? [...freed] : [],
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
    const queued = aFreedStep({ kind: 'queued' });

    it('in an own slot and without the queue store, when one comes free in time', async () => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      const { executed, execute } = counted();
      const { runner, seen, slots, clock, job } = freeing(execute, [queued]);
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

    it('through the queue store, when no own slot comes free in time', async () => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      const { executed, execute } = counted();
      const { runner, seen, slots, clock, job } = freeing(execute, [queued]);
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

    it('as far as own slots come free in time, and adds the others to the queue store', async () => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      const { executed, execute } = counted();
      const { runner, seen, slots, clock, job } = freeing(
        async (attempt, run) => (attempt.stepId === 'step-1' ? execute(attempt, run) : untilStopped(attempt, run)),
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

    it('through the queue store at once, when the worker drains while a slot is waited for', async () => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      const { executed, execute } = counted();
      const { runner, seen, slots, clock, job } = freeing(execute, [queued]);
      await runner.run(job);
      runner.stopTaking();
      slots.add();
      await clock.advance(0);
      expect(seen.jobs).toEqual([{ taskId: 'task-1', stepId: 'step-2', attempt: 1 }]);
      expect(executed).toEqual(['step-1']);
    });

    it('through the queue store at once, when the worker drains already', async () => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      const { execute, started, finish } = gated();
      const { runner, seen, slots, job } = freeing(execute, [queued]);
      slots.add();
      const running = runner.run(job);
      await started;
      runner.stopTaking();
      finish(done());
      await running;
      expect(seen.jobs).toEqual([{ taskId: 'task-1', stepId: 'step-2', attempt: 1 }]);
    });

    it("through the queue store at once, where the step is another pool's", async () => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      const { executed, execute } = counted();
      const { runner, seen, slots, clock, job } = freeing(execute, [{ ...queued, queue: 'refine.interactive' }]);
      slots.add();
      await runner.run(job);
      expect(seen.jobs).toEqual([{ taskId: 'task-1', stepId: 'step-2', attempt: 1 }]);
      await clock.advance(0);
      expect(executed).toEqual(['step-1']);
    });

    it('beside each other, in slots of its own, when it is handed several', async () => {
      const gates = new Map(['step-2', 'step-3', 'step-4'].map((id) => [id, gated()]));
      const { runner, seen, slots, clock, job } = freeing(
        (attempt, run) => gates.get(attempt.stepId)?.execute(attempt, run) ?? Promise.resolve(done()),
        [...gates.keys()].map((stepId) => aFreedStep({ kind: 'handoff', stepId, attempt: 1 })),
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

    it('until the process has to end, and hands all of it back then', async () => {
      const { executed, execute } = counted();
      const { runner, seen, slots, clock, job } = freeing(
        async (attempt, run) => (attempt.stepId === 'step-1' ? execute(attempt, run) : untilStopped(attempt, run)),
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
      expect(seen.failures).toMatchObject([
        { sessionId: 'session-1', failure: { code: 'PIPELINE_UNKNOWN', outcome: 'refused', counts: false } },
      ]);
    });

    it('of whatever its agent does: code of the agent knows its attempt, across timers', async () => {
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

    it('of an error that nothing caught: its attempt fails, the others are handed back', async () => {
      const culprit = anAttempt({ stepId: 'culprit' });
      const innocent = anAttempt({ stepId: 'innocent', taskId: 'task-2' });
      const { runner, seen, controllers } = start(untilStopped, culprit, innocent);
      const runs = [culprit, innocent].map((attempt) => runner.run(jobOf(attempt)));
      await until(() => controllers.size === 2);
      runner.handBackAfterCrash({ stepId: 'culprit', attempt: 1 });
      await Promise.all(runs);
      const failures = new Map(seen.failures.map(({ stepId, failure }) => [stepId, failure]));
      expect(failures.get('culprit')).toMatchObject({ code: 'AGENT_BUG', counts: true, isLoss: true });
      expect(failures.get('innocent')).toMatchObject({ outcome: 'handed_back', counts: false });
      expect(failures.get('innocent')).not.toHaveProperty('isLoss');
    });

    it('of an error of an unknown step: each of them may be the cause and gets a loss, no failure', async () => {
      const attempts = [anAttempt({ stepId: 'a' }), anAttempt({ stepId: 'b', taskId: 'task-2' })];
      const { runner, seen, controllers } = start(untilStopped, ...attempts);
      const runs = attempts.map((attempt) => runner.run(jobOf(attempt)));
      await until(() => controllers.size === 2);
      runner.handBackAfterCrash(undefined);
      await Promise.all(runs);
      expect(seen.failures).toMatchObject([
        { failure: { outcome: 'handed_back', counts: false, isLoss: true } },
        { failure: { outcome: 'handed_back', counts: false, isLoss: true } },
      ]);
    });

    it('of a result that the store refuses, instead of offering it for ever', async () => {
      const attempt = anAttempt();
      const { runner, world, seen } = start(() => Promise.resolve(done()), attempt);
      world.settle = () => Promise.reject(new Error('duplicate key'));
      await runner.run(jobOf(attempt));
      expect(seen.settles).toHaveLength(1);
      expect(seen.failures).toMatchObject([{ costNano: 7n, failure: { code: 'AGENT_BUG' } }]);
    });

    it('without its details, when the store refuses those', async () => {
      const attempt = anAttempt();
      const { runner, world, seen } = start(() => Promise.reject(new Error('boom')), attempt);
      world.fail = ({ failure }) =>
        failure.topFrame === undefined ? Promise.resolve('retry') : Promise.reject(new Error('invalid input syntax'));
      await runner.run(jobOf(attempt));
      expect(seen.failures.map(({ failure }) => failure)).toMatchObject([
        { code: 'AGENT_BUG', message: 'unexpected Error' },
        { code: 'AGENT_BUG', message: expect.stringContaining('could not be recorded') as string, counts: true },
      ]);
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

  it('runs an attempt that the session has found to be its own, and says that it may have run before', async () => {
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
