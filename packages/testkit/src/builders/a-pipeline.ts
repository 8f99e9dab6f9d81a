import { CreateTask } from '@pressroom/contracts';
import type { Expansion, Pipeline, PlannedStep } from '@pressroom/pipelines';

/** A planned step. */
export function aPlannedStep(facts: Partial<PlannedStep> & { key: string }): PlannedStep {
  return {
    agent: 'write',
    dependsOn: [],
    tier: 'T2',
    params: {},
    attemptTimeoutMs: 5_000,
    totalTimeoutMs: 60_000,
    maxFailures: 3,
    backoff: { baseMs: 20, capMs: 100 },
    onExhausted: 'fail',
    ...facts,
  };
}

/**
 * A task type with the plan of an article, without content: research → outline → `drafts` in parallel → refine. Drafts may
 * be skipped; one draft makes the document usable.
 */
export function aPipeline(facts: Partial<Pipeline> & { drafts?: number } = {}): Pipeline {
  const { drafts = 3, ...rest } = facts;
  const draftKeys = Array.from({ length: drafts }, (_, index) => `draft-${index + 1}`);
  const noExpansion: Expansion = { steps: [], joins: {} };
  return {
    type: 'article',
    version: 1,
    title: 'Article',
    description: 'A pipeline for tests.',
    inputSchema: CreateTask.shape.input,
    example: { topic: 'tests' },
    defaultTimeoutMs: 60_000,
    plan: () => [
      aPlannedStep({ key: 'research', agent: 'research' }),
      aPlannedStep({ key: 'outline', agent: 'outline', dependsOn: ['research'] }),
      aPlannedStep({ key: 'refine', agent: 'refine', dependsOn: ['outline'] }),
    ],
    expand: (key) =>
      key === 'outline' && drafts > 0
        ? {
            steps: draftKeys.map((draft) =>
              aPlannedStep({ key: draft, agent: 'draft', dependsOn: ['research', 'outline'], onExhausted: 'skip' }),
            ),
            joins: { refine: draftKeys },
          }
        : noExpansion,
    assemble: (_input, outputs) => {
      const usable = draftKeys.some((key) => key in outputs);
      const missing = draftKeys.filter((key) => !(key in outputs));
      return {
        document: usable ? anEmptyDocument : undefined,
        limitations: missing.map((step) => ({ code: 'SECTION_MISSING', step, message: `${step} is missing` })),
      };
    },
    ...rest,
  };
}

const anEmptyDocument = {
  title: 'Tests',
  metaDescription: '',
  keywords: [],
  lead: '',
  markdown: '',
  sections: [],
  sources: [],
  wordCount: 0,
  quality: { score: null, rounds: 0 },
};
