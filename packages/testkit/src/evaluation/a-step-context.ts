import { createPageParser, type StepContext } from '@pressroom/agents';
import type { Agent, Quality } from '@pressroom/contracts';
import type { CallScope, LlmPort } from '@pressroom/llm';
import { newId, silentLogger, systemClock } from '@pressroom/runtime';

/** Starts child processes on demand, which end when idle. */
const pages = createPageParser().forTenant('tenant');

const ATTEMPT_MS = 120_000;

/** The scope of one attempt that is limited only by its deadline. */
export function aScope(agent: Agent, quality: Quality): CallScope {
  const id = newId();
  return {
    taskId: id,
    tenantId: id,
    taskType: 'article',
    lane: 'interactive',
    quality,
    stepId: id,
    stepKey: agent,
    agent,
    stepTier: 'T3',
    generation: 1,
    journalGeneration: 1,
    attempt: 1,
    hasPriorRun: false,
    sessionId: 'test',
    deadlineAtMs: systemClock.monotonicMs() + ATTEMPT_MS,
    signal: new AbortController().signal,
    requestBudget: { remaining: 100 },
  };
}

/** The context of one attempt of an article's step; rejects fetches and runs tools without a journal. */
export function aStepContext(given: {
  agent: Agent;
  quality: Quality;
  input: unknown;
  outputs: Readonly<Record<string, unknown>>;
  llm: LlmPort;
}): StepContext {
  const signal = new AbortController().signal;
  return {
    task: { id: newId(), type: 'article', input: given.input, quality: given.quality, createdAt: new Date(0) },
    step: { key: given.agent, agent: given.agent, tier: 'T3', params: {}, attempt: 1 },
    outputs: given.outputs,
    llm: given.llm,
    tool: (_path, run) => run(signal),
    fetchUrl: (url) => Promise.reject(new Error(`fetching is disabled: ${url}`)),
    pages,
    signal,
    clock: systemClock,
    log: silentLogger(),
  };
}
