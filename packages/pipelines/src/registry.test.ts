import { describe, expect, it } from 'vitest';
import { findPipeline, listPipelines } from './registry.ts';

describe('findPipeline', () => {
  it('finds the newest version of a type, or the one asked for', () => {
    expect(findPipeline('article')?.type).toBe('article');
    expect(findPipeline('article', 1)?.version).toBe(1);
  });

  it('knows no other type and no other version', () => {
    expect(findPipeline('poem')).toBeUndefined();
    expect(findPipeline('article', 999)).toBeUndefined();
  });
});

describe.each(listPipelines())('pipeline $type', (pipeline) => {
  it('accepts its own example', () => {
    expect(pipeline.inputSchema.safeParse(pipeline.example).error).toBeUndefined();
  });

  it('plans steps with unique keys that depend only on each other', () => {
    const steps = pipeline.plan(pipeline.example, 'balanced');
    const keys = steps.map(({ key }) => key);
    expect(new Set(keys).size).toBe(keys.length);
    for (const { dependsOn } of steps) for (const key of dependsOn) expect(keys).toContain(key);
    expect(steps.some(({ dependsOn }) => dependsOn.length === 0)).toBe(true);
  });

  it('has nothing to show before any step has finished', () => {
    expect(pipeline.assemble(pipeline.example, {}).document).toBeUndefined();
  });
});
