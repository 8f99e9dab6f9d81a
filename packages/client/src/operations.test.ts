import { readFileSync } from 'node:fs';

import * as contracts from '@pressroom/contracts';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';

import { OPERATIONS, pathOf, type Operation } from './operations.ts';

type Json = Record<string, unknown>;

const document = JSON.parse(readFileSync(new URL('../../../docs/openapi.json', import.meta.url), 'utf8')) as {
  paths: Record<string, Record<string, { operationId: string; requestBody?: Json; responses: Record<string, Json> }>>;
  components: { schemas: Record<string, Json> };
};

const table: [string, Operation][] = Object.entries(OPERATIONS);

/** The component with its references resolved inline. */
function inlined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inlined);
  if (typeof value !== 'object' || value === null) return value;
  const { $ref } = value as { $ref?: string };
  if ($ref !== undefined) return inlined(document.components.schemas[$ref.split('/').at(-1) ?? '']);
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, inlined(field)]));
}

/** The schema from which the type is inferred, in the document's dialect. */
function ours(name: string): unknown {
  const schema = (contracts as unknown as Record<string, z.ZodType>)[name];
  if (schema === undefined) throw new Error(`contracts have no ${name}`);
  const {
    $schema: _schema,
    '~standard': _standard,
    ...rest
  } = z.toJSONSchema(schema, {
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    },
  }) as Json;
  expect([_schema, _standard]).toHaveLength(2);
  return JSON.parse(JSON.stringify(rest)) as unknown;
}

describe('the operations this client uses', () => {
  it.each(table)('are in the OpenAPI document: %s', (operationId, { method, path, request, response }) => {
    const operation = document.paths[path]?.[method.toLowerCase()];
    expect(operation?.operationId).toBe(operationId);
    const content = (part: Json | undefined) =>
      (part?.['content'] as Record<string, { schema: { $ref?: string } }> | undefined)?.['application/json']?.schema
        .$ref;
    if (request !== undefined) expect(content(operation?.requestBody)).toBe(`#/components/schemas/${request}`);
    if (response !== undefined) {
      const success = Object.entries(operation?.responses ?? {}).find(([status]) => status.startsWith('2'))?.[1];
      expect(content(success)).toBe(`#/components/schemas/${response}`);
    }
  });

  const responses = table.flatMap(([, { response }]) => (response === undefined ? [] : [response]));
  it.each([...responses, 'TaskEvent', 'Problem'])('have the response types of the contracts: %s', (name) => {
    expect(inlined(document.components.schemas[name])).toEqual(ours(name));
  });

  it('include all operations of the API', () => {
    const served = Object.entries(document.paths)
      .filter(([path]) => path.startsWith('/v1/'))
      .flatMap(([, methods]) => Object.values(methods).map(({ operationId }) => operationId));
    expect(served.sort()).toEqual(Object.keys(OPERATIONS).sort());
  });
});

describe('pathOf', () => {
  it('inserts parameters, encoded', () => {
    expect(pathOf('getStepOutput', { id: 'a/b', key: 'draft-1' })).toBe('/v1/tasks/a%2Fb/steps/draft-1/output');
  });

  it('rejects a missing or empty parameter', () => {
    expect(() => pathOf('getTask', { id: '' })).toThrow('getTask needs id');
  });
});
