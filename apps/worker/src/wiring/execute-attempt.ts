import type { FetchedPage, PageParser, ResearchTools, StepAgent } from '@pressroom/agents';
import type { Agent } from '@pressroom/contracts';
import type { MoneyStore, StepAttempt } from '@pressroom/db';
import { AgentUnknownError, type AttemptResult, type AttemptRun, type ExecuteAttempt } from '@pressroom/engine';
import type { CallScope, Gateway, GatewayStore } from '@pressroom/llm';
import type { Clock, Logger } from '@pressroom/runtime';
import { toAvoidedEntry } from './gateway-store.ts';
import { createJournaledTool } from './journaled-tool.ts';

/**
 * Provider requests that one attempt may make, retries and fallbacks included: the only retry budget. Research may summarise
 * many sources in chunks, and a long text is rewritten in pieces; other agents make a few calls.
 */
const REQUEST_BUDGETS: Readonly<Record<Agent, number>> = {
  research: 400,
  outline: 12,
  draft: 16,
  refine: 40,
  write: 160,
};

/** Sums the cost of each attempt's calls for progress events; the ledger is the source of truth. */
export interface SpendMeter {
  /** Wraps a gateway store to count its ended calls. */
  around(store: GatewayStore): GatewayStore;
  /** Adds other costs of an attempt. */
  add(scope: Pick<CallScope, 'stepId' | 'attempt'>, costNanoUsd: bigint): void;
  take(scope: Pick<CallScope, 'stepId' | 'attempt'>): bigint;
}

export function createSpendMeter(): SpendMeter {
  const spent = new Map<string, bigint>();
  const keyOf = (scope: Pick<CallScope, 'stepId' | 'attempt'>): string => `${scope.stepId}:${scope.attempt}`;
  const add: SpendMeter['add'] = (scope, costNanoUsd) => {
    const key = keyOf(scope);
    spent.set(key, (spent.get(key) ?? 0n) + costNanoUsd);
  };
  return {
    around: (store) => ({
      ...store,
      async endCall(request) {
        await store.endCall(request);
        add(request.scope, request.costNanoUsd);
      },
    }),
    add,
    take(scope) {
      const key = keyOf(scope);
      const total = spent.get(key) ?? 0n;
      spent.delete(key);
      return total;
    },
  };
}

/** Runs an attempt's agent with a gateway bound to it and tools whose results are journaled. */
export function createExecuteAttempt(deps: {
  gateway: Gateway;
  meter: SpendMeter;
  findAgent: (name: Agent) => StepAgent | undefined;
  money: Pick<MoneyStore, 'findReply' | 'saveReply' | 'reserve' | 'endCalls' | 'writeOff'>;
  /** Research tools besides the user's own sources. */
  tools?: ResearchTools;
  fetchPage: (url: string, signal: AbortSignal) => Promise<FetchedPage>;
  pages: Pick<PageParser, 'forTenant'>;
  clock: Clock;
  log: Logger;
}): ExecuteAttempt {
  const { gateway, meter, clock } = deps;

  return async (attempt, run): Promise<AttemptResult> => {
    const agent = deps.findAgent(attempt.agent);
    if (!agent) throw new AgentUnknownError(`this worker has no agent named ${attempt.agent}`);
    const scope = toScope(attempt, run);
    const llm = gateway.bind(scope);
    let degraded = false;
    const log = deps.log.child({
      taskId: attempt.taskId,
      stepId: attempt.stepId,
      step: attempt.key,
      attempt: attempt.attempt,
    });
    try {
      const { output, limitations } = await agent.run({
        task: {
          id: attempt.taskId,
          type: attempt.taskType,
          input: attempt.input,
          quality: attempt.quality,
          createdAt: new Date(attempt.createdAtMs),
        },
        step: {
          key: attempt.key,
          agent: attempt.agent,
          tier: attempt.tier,
          params: attempt.params,
          attempt: attempt.attempt,
        },
        outputs: attempt.outputs,
        llm: {
          async call(call) {
            const result = await llm.call(call);
            if (result.degraded === true) degraded = true;
            return result;
          },
        },
        tool: createJournaledTool({
          money: deps.money,
          attempt,
          hasPriorRun: scope.hasPriorRun,
          run,
          onPaid: (costNanoUsd) => {
            meter.add(scope, costNanoUsd);
          },
          clock,
          log,
        }),
        ...(deps.tools && { tools: deps.tools }),
        fetchUrl: deps.fetchPage,
        pages: deps.pages.forTenant(attempt.tenantId),
        signal: run.signal,
        clock,
        log,
      });
      return {
        outcome: 'done',
        output,
        limitations,
        degraded,
        costNano: meter.take(scope),
        avoided: llm.takeReusedReplies().map((call) => toAvoidedEntry(scope, call)),
      };
    } catch (error) {
      return { outcome: 'failed', error, costNano: meter.take(scope) };
    }
  };
}

function toScope(attempt: StepAttempt, run: AttemptRun): CallScope {
  return {
    taskId: attempt.taskId,
    tenantId: attempt.tenantId,
    taskType: attempt.taskType,
    lane: attempt.lane,
    quality: attempt.quality,
    stepId: attempt.stepId,
    stepKey: attempt.key,
    agent: attempt.agent,
    stepTier: attempt.tier,
    generation: attempt.generation,
    journalGeneration: attempt.journalGeneration,
    attempt: attempt.attempt,
    hasPriorRun: attempt.attempt > 1 || run.isRerun,
    sessionId: run.sessionId,
    deadlineAtMs: run.deadlineAtMs,
    signal: run.signal,
    requestBudget: { remaining: REQUEST_BUDGETS[attempt.agent] },
  };
}
