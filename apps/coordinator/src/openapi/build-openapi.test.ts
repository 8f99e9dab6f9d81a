import { readFileSync } from 'node:fs';

import { ERROR_CODES } from '@pressroom/contracts';
import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, it } from 'vitest';

import { GOLDEN_OPENAPI, renderGoldenOpenApi } from '../testing/golden-openapi.ts';
import { inertRouteTable, TEST_PIPELINES } from '../testing/inert-route-table.ts';
import { buildOpenApi, type OpenApiOperation } from './build-openapi.ts';

const routes = inertRouteTable();
const document = buildOpenApi(routes, TEST_PIPELINES, '1.2.3');
const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));
const operation = (id: string): OpenApiOperation => {
  const found = operations.find(({ operationId }) => operationId === id);
  if (found === undefined) throw new Error(`no operation ${id}`);
  return found;
};

describe('buildOpenApi', () => {
  it('makes a valid OpenAPI 3.1 document', async () => {
    const validator = new Validator();
    const result = await validator.validate(JSON.parse(JSON.stringify(document)) as Record<string, unknown>);
    expect(result.errors ?? []).toEqual([]);
    expect(result.valid).toBe(true);
    expect(document.openapi).toBe('3.1.0');
  });

  it('is what docs/openapi.json says; run `npm run golden` after a change', () => {
    expect(renderGoldenOpenApi()).toBe(readFileSync(GOLDEN_OPENAPI, 'utf8'));
  });

  it('describes every route once, under an id of its own', () => {
    expect(operations).toHaveLength(routes.length);
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(routes.length);
  });

  it('refers only to components that are there', () => {
    const references = JSON.stringify(document).match(/#\/components\/schemas\/\w+/g) ?? [];
    const names = new Set(references.map((reference) => reference.split('/').at(-1) ?? ''));
    expect([...names].filter((name) => !(name in document.components.schemas))).toEqual([]);
  });

  it('declares every parameter of a path', () => {
    for (const [path, methods] of Object.entries(document.paths)) {
      const inPath = Array.from(path.matchAll(/\{(\w+)\}/g), ([, name]) => name);
      for (const { parameters = [] } of Object.values(methods)) {
        expect(parameters.filter((parameter) => parameter['in'] === 'path').map(({ name }) => name)).toEqual(inPath);
      }
    }
  });

  it('takes the inputs of all task types', () => {
    expect(document.components.schemas['CreateTask']).toMatchObject({
      properties: {
        input: { anyOf: expect.arrayContaining([{ $ref: '#/components/schemas/ArticleInput' }]) as unknown },
      },
    });
    expect(document.components.schemas['ArticleInput']).toMatchObject({ properties: { sections: { maximum: 12 } } });
  });

  it('describes the data of every task type that has some', () => {
    const types = TEST_PIPELINES.list().filter(({ dataSchema }) => dataSchema !== undefined);
    expect(types.length).toBeGreaterThan(3);
    expect(document.components.schemas['ClassifyData']).toMatchObject({ properties: { labels: { type: 'array' } } });
  });

  it('names only problems that exist', () => {
    const named = new Set(operations.flatMap((each) => each['x-problems'] ?? []));
    expect([...named].filter((code) => !(ERROR_CODES as readonly string[]).includes(code))).toEqual([]);
    expect(operation('createTask').responses['409']).toMatchObject({ description: 'IDEMPOTENCY_CONFLICT' });
  });

  it('describes the query of a list with its bounds', () => {
    expect(operation('listTasks').parameters).toContainEqual(expect.objectContaining({ name: 'limit', in: 'query' }));
  });

  it('shows which forms a result has', () => {
    expect(Object.keys((operation('getResult').responses['200'] as { content: object }).content)).toEqual([
      'application/json',
      'text/markdown',
      'text/html',
    ]);
  });
});
