import type { ErrorCode } from '@pressroom/contracts';
import type { z } from 'zod';

import { PROBLEM_STATUS } from '../errors/problem-status.ts';
import type { PipelineRegistry } from '../ports.ts';
import type { ResponseDoc, Route } from '../routing/route.ts';
import { REQUEST_COMPONENTS, RESPONSE_COMPONENTS } from './components.ts';
import { componentRef, componentSchemas, jsonSchemaOf } from './json-schema.ts';

type Json = Record<string, unknown>;

/** The parts of an OpenAPI 3.1 document that this project reads again: its page, its client's test. */
export interface OpenApiDocument {
  openapi: string;
  info: { title: string; version: string; description: string };
  paths: Record<string, Record<string, OpenApiOperation>>;
  components: { schemas: Record<string, Json>; securitySchemes: Json };
  [key: string]: unknown;
}

export interface OpenApiOperation {
  operationId: string;
  tags: string[];
  summary: string;
  description?: string;
  parameters?: Json[];
  requestBody?: Json;
  responses: Record<string, Json>;
  'x-roles'?: readonly string[];
  'x-problems'?: readonly string[];
  [key: string]: unknown;
}

const DESCRIPTION =
  'Submit content tasks, watch them, and see what each call cost. JSON is camelCase; money is a decimal string of US ' +
  'dollars with nine decimals; instants are ISO 8601 UTC; ids are UUIDv7. Errors are RFC 9457 problem documents with a ' +
  'stable `code`.';

/** Makes the OpenAPI 3.1 document from the route table and the schemas that the routes themselves validate with. */
export function buildOpenApi(routes: readonly Route[], pipelines: PipelineRegistry, version: string): OpenApiDocument {
  const paths: OpenApiDocument['paths'] = {};
  for (const route of routes) {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}');
    (paths[path] ??= {})[route.method.toLowerCase()] = describeOperation(route);
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Pressroom', version, description: DESCRIPTION },
    servers: [{ url: '/' }],
    tags: [
      { name: 'Tasks', description: 'Submit, watch and read tasks' },
      {
        name: 'Dead letters',
        description: 'Steps that could not be completed: see why, put them back, or discard them',
      },
      { name: 'Schedules', description: 'Tasks that are submitted again and again' },
      { name: 'Tenants', description: 'Customers of the installation: their limits and their keys' },
      { name: 'Fleet', description: 'What runs and what waits' },
      { name: 'System', description: 'Health, metrics and documentation' },
    ],
    security: [{ bearer: [] }],
    paths,
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', description: 'An API key' } },
      schemas: describeSchemas(pipelines),
    },
  };
}

/**
 * `input` of a task is any of its types' inputs, each a component of its own such as `ArticleInput`; what `data` of a result
 * holds is a component such as `BriefData`.
 */
function describeSchemas(pipelines: PipelineRegistry): Record<string, Json> {
  const schemas: Record<string, Json> = {
    ...componentSchemas(REQUEST_COMPONENTS, 'input'),
    ...componentSchemas(RESPONSE_COMPONENTS, 'output'),
  };
  const inputs = pipelines.list().map((pipeline) => {
    const name = `${componentName(pipeline.type)}Input`;
    schemas[name] = { ...jsonSchemaOf(pipeline.inputSchema, 'input'), examples: [pipeline.example] };
    return { $ref: componentRef(name) };
  });
  for (const { type, dataSchema } of pipelines.list()) {
    if (dataSchema) schemas[`${componentName(type)}Data`] = jsonSchemaOf(dataSchema, 'output');
  }
  const properties = schemas['CreateTask']?.['properties'] as Json;
  properties['input'] = { anyOf: inputs, description: 'Input of the task type; `GET /v1/task-types` lists them' };
  properties['type'] = { type: 'string', enum: pipelines.list().map((pipeline) => pipeline.type) };
  return Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** `press-release` becomes `PressRelease`. */
const componentName = (type: string): string =>
  type.replaceAll(/(?:^|-)([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

function describeOperation(route: Route): OpenApiOperation {
  const problems = errorCodesOf(route);
  return {
    operationId: route.operationId,
    tags: [route.tag],
    summary: route.summary,
    ...(route.description !== undefined && { description: route.description }),
    ...(route.roles === 'public' ? { security: [] } : { 'x-roles': route.roles }),
    parameters: describeParameters(route),
    ...(route.body !== undefined && {
      requestBody: {
        required: true,
        description: `${route.body.description}. At most ${route.body.limitBytes} bytes.`,
        content: describeContent(route.body.content, 'input'),
      },
    }),
    responses: {
      ...Object.fromEntries(Object.entries(route.responses).map(([status, doc]) => [status, describeResponse(doc)])),
      ...describeProblems(problems),
    },
    'x-problems': problems,
  };
}

function describeParameters(route: Route): Json[] {
  const inPath = Object.entries(route.params ?? {}).map(([name, { kind, description }]) => ({
    name,
    in: 'path',
    required: true,
    description,
    schema: kind === 'uuid' ? { type: 'string', format: 'uuid' } : { type: 'string' },
  }));
  const inHeader = Object.entries(route.headers ?? {}).map(([name, description]) => ({
    name,
    in: 'header',
    required: false,
    description,
    schema: { type: 'string' },
  }));
  const query = route.query === undefined ? {} : jsonSchemaOf(route.query, 'input');
  const inQuery = Object.entries((query['properties'] ?? {}) as Record<string, Json>).map(([name, schema]) => ({
    name,
    in: 'query',
    required: false,
    schema,
  }));
  return [...inPath, ...inQuery, ...inHeader];
}

function describeResponse(doc: ResponseDoc): Json {
  return {
    description: doc.description,
    ...(doc.headers !== undefined && {
      headers: Object.fromEntries(
        Object.entries(doc.headers).map(([name, description]) => [name, { description, schema: { type: 'string' } }]),
      ),
    }),
    ...(doc.content !== undefined && { content: describeContent(doc.content, 'output') }),
  };
}

function describeContent(content: Readonly<Record<string, z.ZodType | null>>, io: 'input' | 'output'): Json {
  return Object.fromEntries(
    Object.entries(content).map(([mediaType, schema]) => [
      mediaType,
      { schema: schema === null ? { type: 'string' } : describeSchema(schema, io) },
    ]),
  );
}

/** A reference when the schema is a component, or a list of one; written out otherwise. */
function describeSchema(schema: z.ZodType, io: 'input' | 'output'): Json {
  const components = io === 'input' ? REQUEST_COMPONENTS : RESPONSE_COMPONENTS;
  const nameOf = (wanted: unknown) => Object.entries(components).find(([, known]) => known === wanted)?.[0];
  const name = nameOf(schema);
  if (name !== undefined) return { $ref: componentRef(name) };
  const element = nameOf((schema as { element?: unknown }).element);
  if (element !== undefined) return { type: 'array', items: { $ref: componentRef(element) } };
  return jsonSchemaOf(schema, io);
}

/** What the route itself names, and what any route of its kind may answer. */
function errorCodesOf(route: Route): ErrorCode[] {
  const codes = new Set<ErrorCode>(route.problems ?? []);
  if (route.roles !== 'public')
    codes.add('UNAUTHENTICATED').add('FORBIDDEN').add('UNAVAILABLE').add('VALIDATION_FAILED');
  if (route.params !== undefined) codes.add('NOT_FOUND');
  if (route.body !== undefined) codes.add('MALFORMED_JSON').add('BODY_TOO_LARGE').add('UNSUPPORTED_MEDIA_TYPE');
  return [...codes];
}

function describeProblems(codes: readonly ErrorCode[]): Record<string, Json> {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of codes) byStatus.set(PROBLEM_STATUS[code], [...(byStatus.get(PROBLEM_STATUS[code]) ?? []), code]);
  return Object.fromEntries(
    [...byStatus].map(([status, atStatus]) => [
      String(status),
      {
        description: atStatus.join(', '),
        ...((status === 429 || status === 503) && {
          headers: { 'Retry-After': { description: 'Seconds to wait', schema: { type: 'string' } } },
        }),
        content: { 'application/problem+json': { schema: { $ref: componentRef('Problem') } } },
      },
    ]),
  );
}
