import { laneOfQueue, type QueueName, type StepJob } from '@pressroom/contracts';
import type { ExchangeAnswer, ReleasedStep, StepAttempt, StepStore } from '@pressroom/db';
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

/** Points at which tests can crash the process; see the chaos suite. */
export type Checkpoint = 'acquired' | 'executed' | 'settled' | 'enqueued';

const STARTED = { hasStarted: true, interrupted: false };
const NO_EXTENSION: PlanExtension = { spawn: [], joins: {} };

/**
 * How long a released step waits for a slot of this worker before its job is enqueued for all workers. Short compared with a
 * model call; saves the queue store's round trip on workers with short steps.
 */
const LOCAL_SLOT_WAIT_MS = 20;

/**
 * Runs jobs: acquires the attempt, executes it, settles it, and continues with a step that this released and that this worker
 * may run. Retries while the store is unavailable: a result is kept until it is settled or its lease is lost.
 */
export interface StepRunner {
  /** Resolves when the attempt and its local hand-offs have ended; never rejects. */
  run(job: StepJob): Promise<void>;
  /** Stops accepting steps from jobs and hand-offs; running attempts continue. */
  stopAccepting(): void;
  /** Aborts all running attempts and hands their steps back. */
  handBack(): void;
  /**
   * Aborts all attempts because an uncaught error ends the process. The culprit's attempt fails and the others are handed
   * back. When the culprit is unknown, each attempt may be the cause and counts a loss.
   */
  handBackAfterCrash(culprit: Pick<AttemptIdentity, 'stepId' | 'attempt'> | undefined): void;
}

/** A running attempt, with the session that acquired it. */
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
  /** Queues this worker consumes; it runs released steps of these itself. */
  queues: readonly QueueName[];
  /** Concurrent attempts over all queues. */
  concurrency: number;
  slots: AttemptSlots;
  clock: Clock;
  log: Logger;
  /** Called at each checkpoint, for tests that crash the process there. */
  onCheckpoint?: (point: Checkpoint) => void;
}): StepRunner {
  const { steps, session, transitions, dispatcher, jobs, slots, clock, log } = deps;
  const running = new Set<Running>();
  const checkpoint = deps.onCheckpoint ?? (() => undefined);
  /** Waits for slots of this worker, aborted when it drains. */
  const slotWaits = new Set<AbortController>();
  let isDraining = false;

  const exchange = createStepExchange({
    steps,
    session,
    slots,
    queues: deps.queues,
    concurrency: deps.concurrency,
    isDraining: () => isDraining,
    onAnswer: (answer) => {
      if (answer.outcomes.size > 0) checkpoint('settled');
      processAnswer(answer);
    },
    runInReservedSlot: (attempt, slot) => {
      void slot.run((signal) => runWithoutJob(signal, () => Promise.resolve(attempt)));
    },
  });

  /** Enqueues released steps, requests a dispatch and finishes tasks. Best effort: the sweeps do what fails here. */
  const processAnswer = (answer: ExchangeAnswer): void => {
    const queued = answer.released.filter((step) => step.kind === 'queued');
    const local = isDraining ? [] : queued.filter((step) => deps.queues.includes(step.queue as QueueName));
    enqueue(queued.filter((step) => !local.includes(step)));
    if (local.length > 0) void runLocally(local).then(enqueue);
    if (answer.released.some((step) => step.kind === 'ready')) dispatcher.requestDispatch();
    for (const taskId of answer.finished) log.info({ taskId }, 'task.completed');
    for (const taskId of answer.unfinished) {
      // If this fails, the coordinators' sweep finishes the task.
      transitions.finish(taskId).catch((error: unknown) => {
        log.warn({ taskId, reason: errorMessage(error) }, 'task.finish_failed');
      });
    }
  };

  const enqueue = (steps: readonly ReleasedStep[]): void => {
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

  /** Runs released steps in slots of this worker as these become free; returns the steps that got none in time. */
  const runLocally = async (released: readonly ReleasedStep[]): Promise<ReleasedStep[]> => {
    const wait = new AbortController();
    slotWaits.add(wait);
    const timer = setTimeout(() => {
      wait.abort(new Error('no slot in time'));
    }, LOCAL_SLOT_WAIT_MS);
    const withoutSlot = await Promise.all(
      released.map(async (step) => {
        const lane = laneOfQueue(step.queue as QueueName);
        const slot = await slots.waitForSlot(lane, wait.signal).catch(() => undefined);
        void slot?.run((signal) => runWithoutJob(signal, () => acquire(jobOf(step))));
        return slot ? [] : [step];
      }),
    );
    clearTimeout(timer);
    slotWaits.delete(wait);
    return withoutSlot.flat();
  };

  /** Runs an attempt that has no job: handles the abort signal and errors, which the queue consumer does for jobs. */
  const runWithoutJob = async (signal: AbortSignal, attempt: () => Promise<StepAttempt | undefined>): Promise<void> => {
    signal.addEventListener('abort', handBack);
    try {
      await runWithHandoffs(await attempt());
    } catch (error) {
      log.error({ err: error }, 'step.run_failed');
    }
  };

  const acquire = (job: StepJob): Promise<StepAttempt | undefined> =>
    withStore('step.acquire_waits', undefined, () => exchange.acquire(job));

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

  /** Runs one attempt to its settlement; returns the local hand-off to run next. */
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
    // Acquired or handed off after the drain started: hands the step to another worker at once.
    if (isDraining) controller.abort(new HandedBackError('the worker is draining'));
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

  /** Settles a result. A result that the plan or the store rejects is a failure of the attempt, since a retry could not succeed. */
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
        // The output of a gate is validated above, but its successors are planned at the approval.
        ...(attempt.gate === null ? extension : NO_EXTENSION),
      };
      const maxReleased = attempt.gate === null ? attempt.successors + item.spawn.length : 0;
      const settled = await withStore('step.settle_waits', entry.controller.signal, () =>
        exchange.settle(item, maxReleased),
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
    // The abort reason takes precedence over errors that the abort caused in the agent.
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
        // The store rejects these details. Without a recorded failure the attempt would rerun for ever.
        const { code, retryable, outcome } = failure;
        await record({
          code,
          retryable,
          outcome,
          counts: outcome === 'failed',
          ...(failure.isLoss === true && { isLoss: true }),
          retryAfterMs: 0,
          message: 'the store rejected the details of this failure; see step.failure_refused in the log of the worker',
        });
      });
    } catch (cause) {
      // The attempt stays assigned to this session: heartbeats report it as an orphan, and it reruns until its deadline.
      log.error({ err: cause, taskId, stepId }, 'step.failure_lost');
    }
    dispatcher.requestDispatch();
  };

  /** Reads the context of an orphan. Registers it during the read, so that the next heartbeat does not report it again. */
  const contextOf = async (orphan: { stepId: string; attempt: number }): Promise<StepAttempt | undefined> => {
    const release = session.registerAttempt(orphan.stepId, orphan.attempt, new AbortController());
    try {
      const [context] = (await withStore('step.context_waits', undefined, () => steps.contexts([orphan.stepId]))) ?? [];
      // Another session may have acquired the step during the wait.
      return context?.attempt === orphan.attempt ? context : undefined;
    } finally {
      release();
    }
  };

  const runWithHandoffs = async (first: StepAttempt | undefined, { isRerun = false } = {}): Promise<void> => {
    let attempt = first && (await runAttempt(first, isRerun));
    while (attempt) attempt = await runAttempt(attempt, false);
    // The slot is free again: dispatch waiting steps.
    dispatcher.requestDispatch();
  };

  // When the reply of an exchange is lost, its attempts are assigned to this session but do not run.
  session.onOrphan(async (orphan) => {
    const context = await contextOf(orphan);
    if (!context) return;
    log.warn(orphan, 'step.adopted');
    await runWithHandoffs(context, { isRerun: true });
  });

  const stopAccepting = (): void => {
    isDraining = true;
    for (const wait of slotWaits) wait.abort(new Error('the worker is draining'));
  };
  const handBack = (): void => {
    stopAccepting();
    for (const { controller } of running) controller.abort(new HandedBackError('the worker is draining'));
  };
  const handBackAfterCrash: StepRunner['handBackAfterCrash'] = (culprit) => {
    stopAccepting();
    for (const { stepId, attempt, controller } of running) {
      controller.abort(
        culprit?.stepId === stepId && culprit.attempt === attempt
          ? new UncaughtStepError('the step threw an error that nothing caught; the log of the worker has it')
          : new HandedBackError('the worker exits after an uncaught error', { isLoss: culprit === undefined }),
      );
    }
  };

  return {
    async run(job) {
      try {
        // Also while draining: a job that was claimed already must be handed back, not dropped.
        await runWithHandoffs(await acquire(job));
      } catch (error) {
        // Either nothing was acquired, or heartbeats report the attempt as an orphan.
        log.error({ err: error, stepId: job.stepId }, 'step.run_failed');
      }
    },
    stopAccepting,
    handBack,
    handBackAfterCrash,
  };
}

const jobOf = (step: ReleasedStep): StepJob => ({
  taskId: step.taskId,
  stepId: step.stepId,
  attempt: step.attempt + 1,
});
