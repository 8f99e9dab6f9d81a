import { describe, expect, it } from 'vitest';
import { freezePlan, parseFrozenPlan } from './freeze-plan.ts';

const questions = ['What are street trees?', 'How much do they cool?', 'At what cost?'];
const offer = (name: string, asked: number) => ({ name, questions: asked, costNanoUsd: 0n });
const input = { topic: 'Street trees', language: 'pt-BR' };

describe('freezePlan', () => {
  it('plans the configured number of questions per tool, the first for the topic itself', () => {
    const plan = freezePlan(input, questions, [offer('wikipedia', 2), offer('handbook/search', 9)]);
    expect(plan.lookups.map(({ path }) => path)).toEqual([
      'search/wikipedia/q1',
      'search/wikipedia/q2',
      'search/handbook/search/q1',
      'search/handbook/search/q2',
      'search/handbook/search/q3',
    ]);
    expect(plan.lookups.slice(0, 2).map(({ query }) => query)).toEqual([
      { question: 'What are street trees?', terms: ['Street', 'trees'], language: 'pt' },
      { question: 'Street trees: How much do they cool?', terms: ['Street', 'trees', 'cool'], language: 'pt' },
    ]);
  });

  it('plans no lookups without tools', () => {
    expect(freezePlan(input, questions, [])).toEqual({ questions, lookups: [] });
  });

  it('is deeply frozen', () => {
    const plan = freezePlan(input, questions, [offer('wikipedia', 1)]);
    const [lookup] = plan.lookups;
    expect(() => plan.lookups.push()).toThrow(TypeError);
    expect(() => plan.questions.push('What else?')).toThrow(TypeError);
    expect(() => {
      if (lookup) lookup.query.question = 'What else?';
    }).toThrow(TypeError);
  });

  it('is the same after it was stored, and frozen again', () => {
    const plan = freezePlan(input, questions, [offer('wikipedia', 1)]);
    const kept = parseFrozenPlan(JSON.parse(JSON.stringify(plan)));
    expect(kept).toEqual(plan);
    expect(Object.isFrozen(kept.lookups[0]?.query.terms)).toBe(true);
  });
});
