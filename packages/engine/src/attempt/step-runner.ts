import { ALL_QUEUES, type Limitation, type QueueName, type StepJob } from '@pressroom/contracts';
import type { AvoidedEntry, FreedStep, SettleAnswer, SettleItem, StepAttempt, StepStore } from '@pressroom/db';
import { errorMessage, newId, type Clock, type Logger } from '@pressroom/runtime';
import { createIsolatingBatcher } from '../batch/create-isolating-batcher.ts';
import type { Dispatcher } from '../dispatch/dispatcher.ts';
import { HandedBackError, LeaseLostError, PipelineUnknownError, StepTimedOutError } from '../engine-errors.ts';
import type { WorkerSession } from '../lease/worker-session.ts';
import { extendPlan, type PlanExtension } from '../plan/core/plan-task.ts';
import type { FindPipeline, JobSink } from '../ports.ts';
import { dispatchPriority } from '../dispatch/core/dispatch-priority.ts';
import type { TaskTransitions } from '../transition/task-transitions.ts';
import { toStepFailure } from './core/step-failure.ts';
import { outlastOutages } from './outlast-outages.ts';

/** What running an attempt came to. Costs are reported either way: a failed attempt may have paid for calls. */
export type AttemptResult =
  | {
      outcome: 'done';
      output: Record<string, unknown>;
      limitations: Limitation[];
      degraded: boolean;
      costNano: bigint;
      avoided: AvoidedEntry[];
    }
  | { outcome: 'failed'; error: unknown; costNano: bigint };

/** Runs the agent of one attempt. Knows no queue and no plan. Must stop soon after `signal` aborts. */
export type ExecuteAttempt = (
  attempt: StepAttempt,
  run: { sessionId: string; signal: AbortSignal; deadlineAtMs: number },
) => Promise<AttemptResult>;

/** Points at which a test may stop the process; see the chaos suite. */
export type Checkpoint = 'acquired' | 'executed' | 'settled' | 'enqueued';

const NOTHING_FOLLOWS: PlanExtension = { spawn: [], joins: {} };

/** How long an aborted attempt may take to tidy up, e.g. to record what its cut calls have cost. */
const STOP_GRACE_MS = 5_000;

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
  clock: Clock;
  log: Logger;
  /** Called at named points, for tests that stop the process there. */
  onCheckpoint?: (point: Checkpoint) => void;
}): StepRunner {
  const { steps, session, transitions, dispatcher, jobs, clock, log } = deps;
  const running = new Set<AbortController>();
  const checkpoint = deps.onCheckpoint ?? (() => undefined);
  let draining = false;

  const acquire = createIsolatingBatcher<StepJob, StepAttempt | undefined>(
    async (wanted) => {
      const taken = await steps.acquire(session.id, wanted);
      const byId = new Map(taken.map((attempt) => [attempt.stepId, attempt]));
      // The same job delivered twice in one batch runs once: the first asker gets it.
      return wanted.map((job) => {
        const attempt = byId.get(job.stepId);
        if (attempt?.attempt !== job.attempt) return undefined;
        byId.delete(job.stepId);
        return attempt;
      });
    },
    { maxSize: 64, maxParallel: 2 },
  );

  interface Settled {
    outcome: 'settled' | 'already' | 'fenced';
    next: FreedStep | undefined;
  }
  const settle = createIsolatingBatcher<SettleItem & { taskId: string }, Settled>(
    async (items) => {
      const answer = await steps.settle(session.id, items, {
        handoffQueues: draining ? [] : deps.queues.filter((queue) => !session.isContended(queue)),
        directQueues: ALL_QUEUES.filter((queue) => !session.isContended(queue)),
      });
      checkpoint('settled');
      announce(answer);
      const handoffs = new Map(
        answer.freed.filter((step) => step.kind === 'handoff').map((step) => [step.taskId, step]),
      );
      return items.map((item) => {
        const next = handoffs.get(item.taskId);
        handoffs.delete(item.taskId);
        return { outcome: answer.outcomes.get(item.stepId) ?? 'fenced', next };
      });
    },
    { maxSize: 64, maxParallel: 2 },
  );

  /** Tells the queue store and the dispatcher what became free. Best effort: the sweeps find the rest. */
  const announce = (answer: SettleAnswer): void => {
    const queued = Map.groupBy(
      answer.freed.filter((step) => step.kind === 'queued'),
      (step) => step.queue as QueueName,
    );
    for (const [queue, list] of queued) {
      jobs
        .add(
          queue,
          list.map((step) => ({
            job: { taskId: step.taskId, stepId: step.stepId, attempt: step.attempt + 1 },
            priority: dispatchPriority(step.priority, true),
          })),
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
    if (answer.freed.some((step) => step.kind === 'ready')) dispatcher.kick();
    for (const taskId of answer.finished) log.info({ taskId }, 'task.completed');
    for (const taskId of answer.unfinished) {
      // Should this fail, the coordinators' sweep ends the task.
      transitions.finish(taskId).catch((error: unknown) => {
        log.warn({ taskId, reason: errorMessage(error) }, 'task.finish_failed');
      });
    }
  };

  const withStore = <T>(
    event: string,
    signal: AbortSignal | undefined,
    work: () => Promise<T>,
  ): Promise<T | undefined> => outlastOutages(work, { clock, log, event, ...(signal && { signal }) });

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

  /** Runs one attempt to its settlement; answers the step to go on with. */
  const runAttempt = async (attempt: StepAttempt): Promise<FreedStep | undefined> => {
    const controller = new AbortController();
    const release = session.hold(attempt.stepId, attempt.attempt, controller);
    running.add(controller);
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
      const sessionId = session.id;
      const deadlineAtMs = clock.nowMs() + attempt.leftMs;
      const result = await executeSafely(attempt, { sessionId, signal: controller.signal, deadlineAtMs });
      checkpoint('executed');
      if (controller.signal.reason instanceof LeaseLostError) {
        stepLog.info('step.abandoned');
        return undefined;
      }
      if (result.outcome === 'failed') {
        await report(attempt, result, controller);
        return undefined;
      }
      return await settleResult(attempt, result, controller, stepLog);
    } finally {
      clearTimeout(timer);
      running.delete(controller);
      release();
    }
  };

  /** A result that the plan or the store cannot take is a failure of the attempt, however often it were tried. */
  const settleResult = async (
    attempt: StepAttempt,
    result: Extract<AttemptResult, { outcome: 'done' }>,
    controller: AbortController,
    stepLog: Logger,
  ): Promise<FreedStep | undefined> => {
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
      const settled = await withStore('step.settle_waits', controller.signal, () => settle(item));
      stepLog.info({ outcome: settled?.outcome ?? 'fenced' }, 'step.settled');
      return settled?.next;
    } catch (error) {
      await report(attempt, { outcome: 'failed', error, costNano: result.costNano }, controller);
      return undefined;
    }
  };

  const executeSafely = async (
    attempt: StepAttempt,
    run: { sessionId: string; signal: AbortSignal; deadlineAtMs: number },
  ): Promise<AttemptResult> => {
    if (!deps.findPipeline(attempt.taskType, attempt.pipelineVersion)) {
      const error = new PipelineUnknownError(
        `this worker does not know ${attempt.taskType} version ${attempt.pipelineVersion}`,
      );
      return { outcome: 'failed', error, costNano: 0n };
    }
    try {
      run.signal.throwIfAborted();
      return await Promise.race([deps.execute(attempt, run), stoppedForGood(run.signal)]);
    } catch (error) {
      return { outcome: 'failed', error, costNano: 0n };
    }
  };

  /** Gives up on an agent that does not heed its signal, so that no slot and no lease is held for ever. */
  const stoppedForGood = (signal: AbortSignal): Promise<never> =>
    new Promise((_resolve, reject) => {
      signal.addEventListener(
        'abort',
        () => {
          setTimeout(() => {
            reject(signal.reason as Error);
          }, STOP_GRACE_MS).unref();
        },
        { once: true },
      );
    });

  const report = async (
    attempt: StepAttempt,
    result: Extract<AttemptResult, { outcome: 'failed' }>,
    controller: AbortController,
  ): Promise<void> => {
    // The reason for stopping outranks whatever error the stopping caused further down.
    const error: unknown = controller.signal.aborted ? controller.signal.reason : result.error;
    const failure = toStepFailure(error);
    if (failure.code === 'LEASE_LOST') return;
    if (failure.code === 'AGENT_BUG') log.error({ err: error, stepId: attempt.stepId }, 'step.bug');
    const { taskId, stepId } = attempt;
    try {
      await withStore('step.failure_waits', controller.signal, () =>
        transitions.fail(taskId, { stepId, attempt: attempt.attempt, failure, costNano: result.costNano }),
      );
    } catch (cause) {
      // The attempt stays ours without running: the next heartbeats find it, and it is tried again until its time is over.
      log.error({ err: cause, taskId, stepId }, 'step.failure_refused');
    }
    dispatcher.kick();
  };

  /** Steps handed on by one settle are read by one statement. */
  const readContext = createIsolatingBatcher<string, StepAttempt | undefined>(
    async (stepIds) => {
      const byId = new Map((await steps.contexts(stepIds)).map((context) => [context.stepId, context]));
      return stepIds.map((stepId) => byId.get(stepId));
    },
    { maxSize: 64, maxParallel: 2 },
  );

  /** What an attempt of ours needs to run. It is held meanwhile, so that no heartbeat takes it for one that nobody runs. */
  const contextOf = async (wanted: { stepId: string; attempt: number }): Promise<StepAttempt | undefined> => {
    const release = session.hold(wanted.stepId, wanted.attempt, new AbortController());
    try {
      const context = await withStore('step.context_waits', undefined, () => readContext(wanted.stepId));
      // While we waited the attempt may have gone to somebody else.
      return context?.attempt === wanted.attempt ? context : undefined;
    } finally {
      release();
    }
  };

  const runOnwards = async (first: StepAttempt | undefined): Promise<void> => {
    let attempt = first;
    while (attempt) {
      const next = await runAttempt(attempt);
      attempt = next && (await contextOf(next));
    }
    // This slot is free again: let the dispatcher look for what waits.
    dispatcher.kick();
  };

  // A commit whose answer was lost leaves attempts that are ours without anybody running them.
  session.onOrphan(async (orphan) => {
    const context = await contextOf(orphan);
    if (!context) return;
    log.warn(orphan, 'step.adopted');
    await runOnwards(context);
  });

  return {
    async run(job) {
      try {
        // Even while draining: a job that was claimed by then must be given back, not dropped.
        await runOnwards(await withStore('step.acquire_waits', undefined, () => acquire(job)));
      } catch (error) {
        // Nothing was taken, or what was taken is found by the heartbeats.
        log.error({ err: error, stepId: job.stepId }, 'step.run_failed');
      }
    },
    stopTaking() {
      draining = true;
    },
    handBack() {
      draining = true;
      for (const controller of running) controller.abort(new HandedBackError('the worker is draining'));
    },
  };
}
