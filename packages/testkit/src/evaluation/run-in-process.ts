import { createPageParser, findAgent, type FetchedPage, type StepContext } from '@pressroom/agents';
import { tierForQuality } from '@pressroom/catalog';
import type { Limitation, Quality, Tier } from '@pressroom/contracts';
import type { CallScope, Gateway } from '@pressroom/llm';
import type { Pipeline, PlannedStep, StepOutputs } from '@pressroom/pipelines';
import { AppError, newId, silentLogger, systemClock, type Clock, type Logger } from '@pressroom/runtime';

/** Starts child processes on demand, which end when idle. */
const pages = createPageParser().forTenant('tenant');

/** Provider requests of one attempt: more than any step needs, so that this limit never ends a step. */
const REQUESTS_PER_ATTEMPT = 400;

export interface InProcessRun {
  /** Outputs of the completed steps, by key. */
  outputs: StepOutputs;
  document: ReturnType<Pipeline['assemble']>['document'];
  /** Limitations of the steps and of the assembled document. */
  limitations: Limitation[];
  /** Steps that were skipped after their failures were exhausted, with the last error code. */
  skipped: Readonly<Record<string, string>>;
}

/**
 * Runs the plan of a task type with the real agents and a real gateway, but without queue, leases and database, for
 * evaluations and quality tests. Steps start when their dependencies have ended; retryable failures are retried at once and
 * reuse the journal of earlier attempts.
 *
 * @throws the last error of a step with `onExhausted: 'fail'`
 */
export async function runInProcess(
  given: { pipeline: Pipeline; input: unknown; quality: Quality },
  deps: {
    gateway: Gateway;
    fetchUrl?: (url: string, signal: AbortSignal) => Promise<FetchedPage>;
    clock?: Clock;
    log?: Logger;
    signal?: AbortSignal;
  },
): Promise<InProcessRun> {
  const { pipeline, quality } = given;
  const input = pipeline.inputSchema.parse(given.input);
  const run: RunState = {
    task: { id: newId(), type: pipeline.type, input, quality, createdAt: new Date(0) },
    deps: { clock: systemClock, log: silentLogger(), signal: new AbortController().signal, ...deps },
    outputs: {},
    limitations: [],
    skipped: {},
  };
  const pending = new Map(pipeline.plan(input, quality).map((step) => [step.key, { ...step }]));
  const ended = new Set<string>();
  const running = new Map<string, Promise<void>>();
  const failures: unknown[] = [];

  const finish = async (step: PlannedStep): Promise<void> => {
    try {
      const done = await runStep(run, step);
      if (done) {
        const { steps, joins } = pipeline.expand(step.key, run.outputs[step.key], input, quality);
        for (const added of steps) pending.set(added.key, { ...added });
        for (const [key, more] of Object.entries(joins)) {
          const waiting = pending.get(key);
          if (waiting) waiting.dependsOn = [...waiting.dependsOn, ...more];
        }
      }
    } catch (error) {
      failures.push(error);
    } finally {
      ended.add(step.key);
      running.delete(step.key);
    }
  };
  while (failures.length === 0) {
    for (const step of pending.values()) {
      if (!step.dependsOn.every((key) => ended.has(key))) continue;
      pending.delete(step.key);
      running.set(step.key, finish(step));
    }
    if (running.size === 0) break;
    await Promise.race(running.values());
  }
  await Promise.all(running.values());
  if (failures.length > 0) throw failures[0];

  const { document, limitations } = pipeline.assemble(input, run.outputs);
  return { outputs: run.outputs, document, limitations: [...run.limitations, ...limitations], skipped: run.skipped };
}

interface RunState {
  task: StepContext['task'];
  deps: Required<Pick<Parameters<typeof runInProcess>[1], 'clock' | 'log' | 'signal'>> &
    Parameters<typeof runInProcess>[1];
  outputs: Record<string, unknown>;
  limitations: Limitation[];
  skipped: Record<string, string>;
}

/** Returns whether the step completed; false when it was skipped. */
async function runStep(run: RunState, step: PlannedStep): Promise<boolean> {
  const agent = findAgent(step.agent);
  if (!agent) throw new Error(`no agent named ${step.agent}`);
  const stepId = newId();
  const tier = tierForQuality(step.tier, run.task.quality);
  for (let attempt = 1; ; attempt += 1) {
    const context = contextOf(run, step, { stepId, tier, attempt });
    try {
      const { output, limitations } = await agent.run(context);
      // JSON round trip, as through the database.
      run.outputs[step.key] = JSON.parse(JSON.stringify(output));
      run.limitations.push(...limitations);
      return true;
    } catch (error) {
      const canRetry = AppError.is(error) && error.retryable && attempt < step.maxFailures;
      if (canRetry) continue;
      if (step.onExhausted === 'fail' || !AppError.is(error)) throw error;
      run.skipped[step.key] = error.code;
      return false;
    }
  }
}

function contextOf(
  { task, deps, outputs }: RunState,
  step: PlannedStep,
  at: { stepId: string; tier: Tier; attempt: number },
): StepContext {
  const { clock, log, signal } = deps;
  const scope: CallScope = {
    taskId: task.id,
    tenantId: task.id,
    taskType: task.type,
    lane: 'interactive',
    quality: task.quality,
    stepId: at.stepId,
    stepKey: step.key,
    agent: step.agent,
    stepTier: at.tier,
    generation: 1,
    journalGeneration: 1,
    attempt: at.attempt,
    hasPriorRun: at.attempt > 1,
    sessionId: 'in-process',
    deadlineAtMs: clock.monotonicMs() + step.attemptTimeoutMs,
    signal,
    requestBudget: { remaining: REQUESTS_PER_ATTEMPT },
  };
  return {
    task,
    step: { key: step.key, agent: step.agent, tier: at.tier, params: { ...step.params }, attempt: at.attempt },
    // Like the engine, passes only the outputs of the step's dependencies.
    outputs: Object.fromEntries(
      step.dependsOn.flatMap((key) => (outputs[key] === undefined ? [] : [[key, outputs[key]]])),
    ),
    llm: deps.gateway.bind(scope),
    tool: (_path, use) => use(signal),
    fetchUrl: deps.fetchUrl ?? ((url) => Promise.reject(new Error(`fetching is disabled: ${url}`))),
    pages,
    signal,
    clock,
    log,
  };
}
