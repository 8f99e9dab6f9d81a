import type { Expansion, PlannedStep } from '../pipeline.ts';
import { planStep, SECOND } from '../planned-step.ts';
import { OutlineOutput } from './outputs.ts';

/** Steps known at acceptance; the completed outline adds the drafts. */
export function planArticle(): readonly PlannedStep[] {
  return [
    planStep({
      key: 'research',
      agent: 'research',
      dependsOn: [],
      tier: 'T2',
      attemptTimeoutMs: 180 * SECOND,
      onExhausted: 'fail',
    }),
    planStep({
      key: 'outline',
      agent: 'outline',
      dependsOn: ['research'],
      tier: 'T3',
      attemptTimeoutMs: 120 * SECOND,
      onExhausted: 'fail',
    }),
    planStep({
      key: 'refine',
      agent: 'refine',
      dependsOn: ['research', 'outline'],
      tier: 'T3',
      attemptTimeoutMs: 300 * SECOND,
      onExhausted: 'skip',
    }),
  ];
}

/** A completed outline adds the lead and one draft per section, all in parallel; refine waits for all of them. */
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
  planStep({
    key,
    agent: 'draft',
    dependsOn: ['research', 'outline'],
    tier: 'T2',
    params: { part },
    attemptTimeoutMs: 180 * SECOND,
    onExhausted: 'skip',
  });
