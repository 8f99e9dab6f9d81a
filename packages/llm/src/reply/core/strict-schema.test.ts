import { ArticleCritique, ArticleOutline, ArticlePatch, ResearchNotes, SourceSummary } from '@pressroom/contracts';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { strictSchema } from './strict-schema.ts';

describe('strictSchema', () => {
  it('closes objects, requires every property and drops limits', () => {
    expect(strictSchema(z.object({ n: z.int().min(3), list: z.array(z.string().max(9)).min(1) }))).toEqual({
      type: 'object',
      properties: { n: { type: 'integer' }, list: { type: 'array', items: { type: 'string' } } },
      required: ['n', 'list'],
      additionalProperties: false,
    });
  });

  it('keeps enumerations, nulls and descriptions', () => {
    const schema = z.strictObject({ kind: z.enum(['a', 'b']).describe('which'), note: z.string().nullable() });
    expect(strictSchema(schema)['properties']).toEqual({
      kind: { type: 'string', enum: ['a', 'b'], description: 'which' },
      note: { type: ['string', 'null'] },
    });
  });

  it.each([
    {
      title: 'an optional property',
      schema: z.object({ a: z.object({ b: z.string().optional() }) }),
      says: /\$\.a: .*optional.*b/,
    },
    { title: 'a default', schema: z.object({ a: z.string().default('x') }), says: /optional/ },
    { title: 'an open record', schema: z.object({ a: z.record(z.string(), z.string()) }), says: /open records/ },
    { title: 'a root that is not an object', schema: z.array(z.string()), says: /object at its root/ },
  ])('rejects $title and names its path', ({ schema, says }) => {
    expect(() => strictSchema(schema)).toThrow(says);
  });

  it.each([ArticleCritique, ArticleOutline, ArticlePatch, ResearchNotes, SourceSummary])(
    'supports the schemas in use (%#)',
    (schema) => {
      expect(strictSchema(schema)).toMatchObject({ type: 'object', additionalProperties: false });
    },
  );
});
