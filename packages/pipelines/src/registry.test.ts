import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { citedIds } from './text/citations.ts';
import { createPipelineRegistry, findPipeline, listPipelines, PIPELINES } from './registry.ts';

describe('findPipeline', () => {
  it('finds the newest version of a type, or the requested one', () => {
    expect(findPipeline('article')?.type).toBe('article');
    expect(findPipeline('article', 1)?.version).toBe(1);
  });

  it('returns undefined for an unknown type or version', () => {
    expect(findPipeline('poem')).toBeUndefined();
    expect(findPipeline('article', 999)).toBeUndefined();
  });
});

describe('createPipelineRegistry', () => {
  it('lists the newest version of a type and still finds the versions in flight', () => {
    const [article] = PIPELINES;
    if (!article) throw new Error('no pipelines');
    const next = { ...article, version: 2 };
    const registry = createPipelineRegistry([article, next]);
    expect(registry.list()).toEqual([next]);
    expect(registry.find('article')).toBe(next);
    expect(registry.find('article', 1)).toBe(article);
  });
});

/** Possible outputs of steps: none, invalid ones and nearly valid ones. */
const outputs = fc.dictionary(
  fc.constantFrom(
    'research',
    'read',
    'outline',
    'draft-1',
    'refine',
    'brief',
    'summary',
    'rewrite',
    'headlines',
    'classify',
  ),
  fc.oneof(
    fc.jsonValue(),
    fc.record({ title: fc.string(), markdown: fc.string(), rounds: fc.nat(3), keyPoints: fc.constant([]) }),
    fc.record({
      headlines: fc.array(fc.record({ text: fc.string(), angle: fc.string() })),
      rounds: fc.nat(3),
    }),
    fc.record({
      questions: fc.array(fc.string()),
      sources: fc.array(fc.record({ id: fc.integer({ min: 1, max: 5 }), title: fc.string(), text: fc.string() })),
      notes: fc.constant([]),
      contradictions: fc.array(fc.string()),
      gaps: fc.array(fc.string()),
    }),
  ),
);

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

  it('plans and assembles deterministically', () => {
    for (const quality of ['economy', 'balanced', 'premium'] as const) {
      expect(pipeline.plan(pipeline.example, quality)).toEqual(pipeline.plan(pipeline.example, quality));
    }
  });

  it('limits every attempt within its step, and every step within the task', () => {
    for (const step of pipeline.plan(pipeline.example, 'premium')) {
      expect(step.attemptTimeoutMs).toBeLessThan(step.totalTimeoutMs);
      expect(step.totalTimeoutMs).toBeLessThanOrEqual(pipeline.defaultTimeoutMs);
    }
  });

  it('assembles any outputs without failing, with data that matches its schema and cites listed sources', () => {
    fc.assert(
      fc.property(outputs, (left) => {
        const { document } = pipeline.assemble(pipeline.example, left);
        if (document === undefined) return;
        expect(document.title).not.toBe('');
        const listed = document.sources.map(({ id }) => id);
        expect(listed).toEqual(listed.map((_, index) => index + 1));
        for (const { citations } of document.sections) for (const id of citations) expect(listed).toContain(id);
        expect(citedIds(document.lead).filter((id) => !listed.includes(id))).toEqual([]);
        if (pipeline.dataSchema) expect(pipeline.dataSchema.safeParse(document.data).error).toBeUndefined();
      }),
      { numRuns: 200 },
    );
  });

  it('merges a tenant’s style guide into the task’s, where the type has one', () => {
    const shaped = 'styleGuide' in ((pipeline.inputSchema as { shape?: object }).shape ?? {});
    expect(pipeline.withStyleGuide !== undefined).toBe(shaped);
    if (!pipeline.withStyleGuide) return;
    const joined = pipeline.withStyleGuide(pipeline.example, 'No emoji.') as { styleGuide: string };
    expect(joined.styleGuide).toContain('No emoji.');
    expect(pipeline.withStyleGuide(joined, 'No emoji.')).toEqual(joined);
  });

  it('has no document before any step has finished', () => {
    expect(pipeline.assemble(pipeline.example, {}).document).toBeUndefined();
  });
});
