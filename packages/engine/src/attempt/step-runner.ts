import { laneOfQueue, type QueueName, type StepJob } from '@pressroom/contracts';
import type { ExchangeAnswer, FreedStep, StepAttempt, StepStore } from '@pressroom/db';
import { type Clock, errorMessage, LeaseLostError, type Logger, newId } from '@pressroom/runtime';
import type { Dispatcher } from '../dispatch/dispatcher.ts';
import { HandedBackError, PipelineUnknownError, StepTimedOutError, UncaughtStepError } from '../engine-errors.ts';
import type { WorkerSession } from '../lease/worker-session.ts';
import { extendPlan, type PlanExtension } from '../plan/core/plan-task.ts';
import type { AttemptSlots, FindPipeline, JobSink } from '../ports.ts';
import { dispatchPriority } from '../dispatch/core/dispatch-priority.ts';
import type { TaskTransitions } from '../transition/task-transitions.ts';
import { toStepFailure, type StepFailure } from './core/step-failure.ts';
import { executeSafely, type AttemptIdentity, type AttemptResult, type ExecuteAttempt } from './execute-safely.ts';
import { retryWhileStoreUnavailable } from './retry-while-store-unavailable.ts';
import { createStepExchange } from './step-exchange.ts';

/** Points at which a test may stop the process; see the chaos suite. */
export type Checkpoint = 'acquired' | 'executed' | 'settled' | 'enqueued';

const STARTED = { hasStarted: true, interrupted: false };
const NOTHING_FOLLOWS: PlanExtension = { spawn: [], joins: {} };

/**
 * How long a step that was freed here waits for a slot of this worker before it is offered to all of them. Long enough for
 * a busy worker of quick steps, which saves the way through the queue store; short beside any call to a model.
 */
const OWN_TURN_MS = 20;

/**
 * Runs jobs: takes the attempt, executes it, settles it, and goes straight on with a step that became free where this
 * worker's queues allow. Store failures are waited out: a finished attempt's result is held until it is settled or
 * known to be lost.
 */
export interface StepRunner {
  /** Resolves when the job and all it led to are over; never rejects for what an attempt does. */
  run(job: StepJob): Promise<void>;
  /** From now on takes no further steps, neither from jobs nor handed on; what runs goes on. */
  stopTaking(): void;
  /** Stops every attempt that runs and hands its step back. */
  handBack(): void;
  /**
   * Stops every attempt because the process must end after an error that nothing caught. The attempt that threw it fails;
   * the others are handed back. Where the attempt is unknown, each of them may be the cause and gets a loss.
   */
  handBackAfterCrash(culprit: Pick<AttemptIdentity, 'stepId' | 'attempt'> | undefined): void;
}

/** An attempt that runs here, under the session that acquired it. */
interface Running {
  stepId: string;
  attempt: number;
  sessionId: string;
  controller: AbortController;
}

export function createStepRunner(deps: {
  steps: StepStore;
  session: WorkerSession;
  transitions: TaskTransitions;
  dispatcher: Dispatcher;
  jobs: JobSink;
  findPipeline: FindPipeline;
  execute: ExecuteAttempt;
  /** Queues this worker consumes: where a freed step may go straight on. */
  queues: readonly QueueName[];
  /** Attempts at once, over all queues. */
  concurrency: number;
  slots: AttemptSlots;
  clock: Clock;
  log: Logger;
  /** Called at named points, for tests that stop the process there. */
  onCheckpoint?: (point: Checkpoint) => void;
}): StepRunner {
  const { steps, session, transitions, dispatcher, jobs, slots, clock, log } = deps;
  const running = new Set<Running>();
  const checkpoint = deps.onCheckpoint ?? (() => undefined);
  /** Who waits for a slot of this worker, to be told to wait no longer. */
  const impatient = new Set<AbortController>();
  let draining = false;

  const exchange = createStepExchange({
    steps,
    session,
    slots,
    queues: deps.queues,
    concurrency: deps.concurrency,
    isDraining: () => draining,
    onAnswer: (answer) => {
      if (answer.outcomes.size > 0) checkpoint('settled');
      announce(answer);
    },
    runConcurrently: (attempt, slot) => {
      void slot.run((signal) => runLocally(signal, () => Promise.resolve(attempt)));
    },
  });

  /** Tells the queue store and the dispatcher what became free. Best effort: the sweeps find the rest. */
  const announce = (answer: ExchangeAnswer): void => {
    const queued = answer.freed.filter((step) => step.kind === 'queued');
    const mine = draining ? [] : queued.filter((step) => deps.queues.includes(step.queue as QueueName));
    enqueue(queued.filter((step) => !mine.includes(step)));
    if (mine.length > 0) void runHere(mine).then(enqueue);
    if (answer.freed.some((step) => step.kind === 'ready')) dispatcher.requestDispatch();
    for (const taskId of answer.finished) log.info({ taskId }, 'task.completed');
    for (const taskId of answer.unfinished) {
      // Should this fail, the coordinators' sweep ends the task.
      transitions.finish(taskId).catch((error: unknown) => {
        log.warn({ taskId, reason: errorMessage(error) }, 'task.finish_failed');
      });
    }
  };

  const enqueue = (steps: readonly FreedStep[]): void => {
    for (const [queue, list] of Map.groupBy(steps, (step) => step.queue as QueueName)) {
      jobs
        .add(
          queue,
          list.map((step) => ({ job: jobOf(step), priority: dispatchPriority(step.priority, STARTED) })),
        )
        .then(
          () => {
            checkpoint('enqueued');
          },
          (error: unknown) => {
            log.warn({ queue, jobs: list.length, reason: errorMessage(error) }, 'queue.add_failed');
          },
        );
    }
  };

  /** Runs steps that were freed here as slots of this worker come free; answers those that found none in time. */
  const runHere = async (freed: readonly FreedStep[]): Promise<FreedStep[]> => {
    const patience = new AbortController();
    impatient.add(patience);
    const timer = setTimeout(() => {
      patience.abort(new Error('no slot in time'));
    }, OWN_TURN_MS);
    const left = await Promise.all(
      freed.map(async (step) => {
        const lane = laneOfQueue(step.queue as QueueName);
        const slot = await slots.waitForSlot(lane, patience.signal).catch(() => undefined);
        void slot?.run((signal) => runLocally(signal, () => take(jobOf(step))));
        return slot ? [] : [step];
      }),
    );
    clearTimeout(timer);
    impatient.delete(patience);
    return left.flat();
  };

  /** Work that came without a job: nobody else hears that its process has to end, or what it throws. */
  const runLocally = async (signal: AbortSignal, attempt: () => Promise<StepAttempt | undefined>): Promise<void> => {
    signal.addEventListener('abort', handBack);
    try {
      await runOnwards(await attempt());
    } catch (error) {
      log.error({ err: error }, 'step.run_failed');
    }
  };

  const take = (job: StepJob): Promise<StepAttempt | undefined> =>
    withStore('step.acquire_waits', undefined, () => exchange.take(job));

  const withStore = <T>(
    event: string,
    signal: AbortSignal | undefined,
    work: () => Promise<T>,
  ): Promise<T | undefined> => retryWhileStoreUnavailable(work, { clock, log, event, ...(signal && { signal }) });

  const extend = (attempt: StepAttempt, output: unknown): PlanExtension => {
    const pipeline = deps.findPipeline(attempt.taskType, attempt.pipelineVersion);
    if (!pipeline) {
      throw new PipelineUnknownError(
        `this worker does not know ${attempt.taskType} version ${attempt.pipelineVersion}`,
      );
    }
    return extendPlan(
      { pipeline, input: attempt.input, quality: attempt.quality, lane: attempt.lane, newId },
      attempt.key,
      output,
    );
  };

  /** Runs one attempt to its settlement; answers the one to go on with. */
  const runAttempt = async (attempt: StepAttempt, isRerun: boolean): Promise<StepAttempt | undefined> => {
    const controller = new AbortController();
    const release = session.registerAttempt(attempt.stepId, attempt.attempt, controller);
    const entry: Running = {
      stepId: attempt.stepId,
      attempt: attempt.attempt,
      sessionId: session.id,
      controller,
    };
    running.add(entry);
    // Taken or handed on as the drain began: it goes to another worker at once.
    if (draining) controller.abort(new HandedBackError('the worker is draining'));
    const stepLog = log.child({
      taskId: attempt.taskId,
      stepId: attempt.stepId,
      step: attempt.key,
      attempt: attempt.attempt,
    });
    const timer = setTimeout(
      () => {
        controller.abort(new StepTimedOutError(`no result within ${attempt.attemptTimeoutMs} ms`));
      },
      Math.max(0, attempt.leftMs),
    );
    try {
      checkpoint('acquired');
      const { sessionId } = entry;
      const deadlineAtMs = clock.monotonicMs() + attempt.leftMs;
      const result = await executeSafely(
        attempt,
        { sessionId, signal: controller.signal, deadlineAtMs, isRerun },
        deps,
      );
      checkpoint('executed');
      if (controller.signal.reason instanceof LeaseLostError) {
        stepLog.info('step.abandoned');
        return undefined;
      }
      if (result.outcome === 'failed') {
        await report(attempt, result, entry);
        return undefined;
      }
      return await settleResult(attempt, result, entry, stepLog);
    } finally {
      clearTimeout(timer);
      running.delete(entry);
      release();
    }
  };

  /** A result that the plan or the store cannot take is a failure of the attempt, however often it were tried. */
  const settleResult = async (
    attempt: StepAttempt,
    result: Extract<AttemptResult, { outcome: 'done' }>,
    entry: Running,
    stepLog: Logger,
  ): Promise<StepAttempt | undefined> => {
    try {
      const extension = extend(attempt, result.output);
      const item = {
        taskId: attempt.taskId,
        stepId: attempt.stepId,
        attempt: attempt.attempt,
        output: result.output,
        limitations: result.limitations,
        degraded: result.degraded,
        costNano: result.costNano.toString(),
        avoided: result.avoided,
        // A gate's output must be one that the plan can take, yet only its approval says what follows from it.
        ...(attempt.gate === null ? extension : NOTHING_FOLLOWS),
      };
      const mayFree = attempt.gate === null ? attempt.successors + item.spawn.length : 0;
      const settled = await withStore('step.settle_waits', entry.controller.signal, () =>
        exchange.settle(item, mayFree),
      );
      stepLog.info({ outcome: settled?.outcome ?? 'fenced' }, 'step.settled');
      return settled?.next;
    } catch (error) {
      await report(attempt, { outcome: 'failed', error, costNano: result.costNano }, entry);
      return undefined;
    }
  };

  const report = async (
    attempt: StepAttempt,
    result: Extract<AttemptResult, { outcome: 'failed' }>,
    { controller, sessionId }: Running,
  ): Promise<void> => {
    // The reason for stopping outranks whatever error the stopping caused further down.
    const error: unknown = controller.signal.aborted ? controller.signal.reason : result.error;
    const failure = toStepFailure(error);
    if (failure.code === 'LEASE_LOST') return;
    if (failure.code === 'AGENT_BUG') log.error({ err: error, stepId: attempt.stepId }, 'step.bug');
    const { taskId, stepId } = attempt;
    const record = (recorded: StepFailure): Promise<unknown> =>
      withStore('step.failure_waits', controller.signal, () =>
        transitions.fail(taskId, {
          stepId,
          attempt: attempt.attempt,
          sessionId,
          failure: recorded,
          costNano: result.costNano,
        }),
      );
    try {
      await record(failure).catch(async (cause: unknown) => {
        log.error({ err: cause, taskId, stepId }, 'step.failure_refused');
        // Something in it is not for the store. Unrecorded, the attempt would run again, and again.
        const { code, retryable, outcome } = failure;
        await record({
          code,
          retryable,
          outcome,
          counts: outcome === 'failed',
          ...(failure.isLoss === true && { isLoss: true }),
          retryAfterMs: 0,
          message: 'the failure could not be recorded as it was; see the log of the worker',
        });
      });
    } catch (cause) {
      // The attempt stays ours without running: the next heartbeats find it, and it is tried again until its time is over.
      log.error({ err: cause, taskId, stepId }, 'step.failure_lost');
    }
    dispatcher.requestDispatch();
  };

  /** What an attempt found to be ours needs to run. It is held meanwhile, so that no heartbeat takes it for one that nobody runs. */
  const contextOf = async (wanted: { stepId: string; attempt: number }): Promise<StepAttempt | undefined> => {
    const release = session.registerAttempt(wanted.stepId, wanted.attempt, new AbortController());
    try {
      const [context] = (await withStore('step.context_waits', undefined, () => steps.contexts([wanted.stepId]))) ?? [];
      // While we waited the attempt may have gone to somebody else.
      return context?.attempt === wanted.attempt ? context : undefined;
    } finally {
      release();
    }
  };

  const runOnwards = async (first: StepAttempt | undefined, { isRerun = false } = {}): Promise<void> => {
    let attempt = first && (await runAttempt(first, isRerun));
    while (attempt) attempt = await runAttempt(attempt, false);
    // This slot is free again: let the dispatcher look for what waits.
    dispatcher.requestDispatch();
  };

  // A commit whose answer was lost leaves attempts that are ours without anybody running them.
  session.onOrphan(async (orphan) => {
    const context = await contextOf(orphan);
    if (!context) return;
    log.warn(orphan, 'step.adopted');
    await runOnwards(context, { isRerun: true });
  });

  const stopTaking = (): void => {
    draining = true;
    for (const patience of impatient) patience.abort(new Error('the worker is draining'));
  };
  const handBack = (): void => {
    stopTaking();
    for (const { controller } of running) controller.abort(new HandedBackError('the worker is draining'));
  };
  const handBackAfterCrash: StepRunner['handBackAfterCrash'] = (culprit) => {
    stopTaking();
    for (const { stepId, attempt, controller } of running) {
      controller.abort(
        culprit?.stepId === stepId && culprit.attempt === attempt
          ? new UncaughtStepError('the step threw an error that nothing caught; the log of the worker has it')
          : new HandedBackError('the worker ends after an uncaught error', { isLoss: culprit === undefined }),
      );
    }
  };

  return {
    async run(job) {
      try {
        // Even while draining: a job that was claimed by then must be given back, not dropped.
        await runOnwards(await take(job));
      } catch (error) {
        // Nothing was taken, or what was taken is found by the heartbeats.
        log.error({ err: error, stepId: job.stepId }, 'step.run_failed');
      }
    },
    stopTaking,
    handBack,
    handBackAfterCrash,
  };
}

const jobOf = (step: FreedStep): StepJob => ({ taskId: step.taskId, stepId: step.stepId, attempt: step.attempt + 1 });
