import type { Agent, Quality } from '@pressroom/contracts';
import type { LlmPort } from '@pressroom/llm';
import { silentLogger, systemClock } from '@pressroom/runtime';
import type { FetchedPage, StepContext } from '../../src/ports.ts';
import { createPageParser } from '../../src/research/page-parser.ts';

/** Starts a child process when a test parses a page; the process ends with the tests. */
const pages = createPageParser().forTenant('tenant');

/** A step context from the fields that a test sets; tools run without a journal. */
export function aStepContext(given: {
  agent: Agent;
  llm: LlmPort;
  /** Input of any task type. */
  input: unknown;
  key?: string;
  params?: Record<string, unknown>;
  outputs?: Record<string, unknown>;
  quality?: Quality;
  fetchUrl?: (url: string) => FetchedPage | Error;
  tool?: StepContext['tool'];
  tools?: StepContext['tools'];
  signal?: AbortSignal;
}): StepContext {
  const signal = given.signal ?? new AbortController().signal;
  return {
    task: {
      id: '0190d3a2-0000-7000-8000-000000000001',
      type: 'article',
      input: given.input,
      quality: given.quality ?? 'balanced',
      createdAt: new Date(0),
    },
    step: { key: given.key ?? given.agent, agent: given.agent, tier: 'T2', params: given.params ?? {}, attempt: 1 },
    outputs: given.outputs ?? {},
    llm: given.llm,
    tool: given.tool ?? ((_path, run) => run(signal)),
    ...(given.tools && { tools: given.tools }),
    async fetchUrl(url) {
      await Promise.resolve();
      const page = given.fetchUrl?.(url) ?? new Error(`nothing is scripted for ${url}`);
      if (page instanceof Error) throw page;
      return page;
    },
    pages,
    signal,
    clock: systemClock,
    log: silentLogger(),
  };
}
