import type { Expansion, PlannedStep } from '../pipeline.ts';
import { OutlineOutput } from './outputs.ts';

const SECOND = 1_000;
/** Attempts a step's whole time allows for. */
const TOTAL_FACTOR = 3;

function step(
  planned: Pick<PlannedStep, 'key' | 'agent' | 'dependsOn' | 'tier' | 'onExhausted'> & {
    params?: PlannedStep['params'];
    attemptTimeoutMs: number;
  },
): PlannedStep {
  return {
    params: {},
    totalTimeoutMs: planned.attemptTimeoutMs * TOTAL_FACTOR,
    maxFailures: 4,
    backoff: { baseMs: 1 * SECOND, capMs: 60 * SECOND },
    ...planned,
  };
}

/** What is known at acceptance: the drafts follow from the outline. */
export function planArticle(): readonly PlannedStep[] {
  return [
    step({
      key: 'research',
      agent: 'research',
      dependsOn: [],
      tier: 'T2',
      attemptTimeoutMs: 180 * SECOND,
      onExhausted: 'fail',
    }),
    step({
      key: 'outline',
      agent: 'outline',
      dependsOn: ['research'],
      tier: 'T3',
      attemptTimeoutMs: 120 * SECOND,
      onExhausted: 'fail',
    }),
    step({
      key: 'refine',
      agent: 'refine',
      dependsOn: ['research', 'outline'],
      tier: 'T3',
      attemptTimeoutMs: 300 * SECOND,
      onExhausted: 'skip',
    }),
  ];
}

/** A completed outline adds the lead and one draft per section, all in parallel, and refine waits for every one. */
export function expandArticle(stepKey: string, output: unknown): Expansion {
  if (stepKey !== 'outline') return { steps: [], joins: {} };
  const outline = OutlineOutput.parse(output);
  const steps = [
    draft('draft-lead', 'lead'),
    ...outline.sections.map((_, index) => draft(`draft-${index + 1}`, index + 1)),
  ];
  return { steps, joins: { refine: steps.map(({ key }) => key) } };
}

const draft = (key: string, part: 'lead' | number): PlannedStep =>
  step({
    key,
    agent: 'draft',
    dependsOn: ['research', 'outline'],
    tier: 'T2',
    params: { part },
    attemptTimeoutMs: 180 * SECOND,
    onExhausted: 'skip',
  });
