import { findPipeline } from '@pressroom/pipelines';
import { describe, expect, it } from 'vitest';
import { treeInput, treeOutline } from '../test/support/tree-article.ts';
import { findAgent } from './find-agent.ts';

describe('findAgent', () => {
  it('finds the agent of every step of an article', () => {
    const pipeline = findPipeline('article');
    const steps = [
      ...(pipeline?.plan(treeInput, 'balanced') ?? []),
      ...(pipeline?.expand('outline', treeOutline, treeInput, 'balanced').steps ?? []),
    ];
    expect(steps.length).toBeGreaterThan(3);
    for (const { agent } of steps) expect(findAgent(agent)?.name).toBe(agent);
  });

  it('returns undefined for other names', () => {
    expect(findAgent('poet')).toBeUndefined();
  });
});
