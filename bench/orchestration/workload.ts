import type { ExecuteAttempt } from '@pressroom/engine';
import type { Pipeline, PlannedStep } from '@pressroom/pipelines';
import { ArticleInput } from '@pressroom/contracts';

import { makeStepResult } from '../load/step-result.ts';

const POLICY = {
  tier: 'T2',
  params: {},
  attemptTimeoutMs: 60_000,
  totalTimeoutMs: 180_000,
  maxFailures: 4,
  backoff: { baseMs: 1_000, capMs: 10_000 },
  onExhausted: 'fail',
} as const satisfies Partial<PlannedStep>;

const DRAFTS = ['draft-1', 'draft-2', 'draft-3'];

/** Workload W: research → outline → three drafts in parallel → refine, no provider latency. */
export const workloadPipeline: Pipeline = {
  type: 'article',
  version: 1,
  title: 'Workload W',
  description: 'Six steps without model calls, to measure orchestration alone.',
  inputSchema: ArticleInput,
  example: { topic: 'a topic' },
  defaultTimeoutMs: 600_000,
  plan: () => [
    { ...POLICY, key: 'research', agent: 'research', dependsOn: [] },
    { ...POLICY, key: 'outline', agent: 'outline', dependsOn: ['research'] },
    { ...POLICY, key: 'refine', agent: 'refine', dependsOn: ['outline'] },
  ],
  expand: (stepKey) =>
    stepKey === 'outline'
      ? {
          steps: DRAFTS.map((key) => ({ ...POLICY, key, agent: 'draft', dependsOn: ['outline'] })),
          joins: { refine: DRAFTS },
        }
      : { steps: [], joins: {} },
  assemble: () => ({ document: undefined, limitations: [] }),
};

const INPUTS: Readonly<Record<string, number>> = { research: 0, outline: 1, draft: 1, refine: 4 };

/** Reads the step's inputs and creates a result of fixed size; wrong inputs fail the run. */
export const executeWorkload: ExecuteAttempt = (attempt) => {
  const inputs = Object.keys(attempt.outputs).length;
  if (inputs !== INPUTS[attempt.agent]) throw new Error(`${attempt.key} saw ${inputs} inputs`);
  return Promise.resolve({
    outcome: 'done',
    output: { ...makeStepResult({ task: attempt.taskId, step: attempt.key, inputs }) },
    limitations: [],
    degraded: false,
    costNano: 0n,
    avoided: [],
  });
};

/** A submission of workload W. */
export const taskBody = (owner: { tenantId?: string } = {}): object => ({
  type: 'article',
  input: { topic: 'a topic', sections: 3 },
  ...owner,
});
