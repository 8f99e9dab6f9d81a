import { z, type ZodType } from 'zod';

type JsonSchema = Record<string, unknown>;

/** Keywords supported by the strict modes of all providers; the rest is validated by the gateway. */
const KEPT = new Set([
  'type',
  'properties',
  'required',
  'items',
  'enum',
  'const',
  'anyOf',
  '$ref',
  '$defs',
  'description',
]);

const cache = new WeakMap<ZodType, JsonSchema>();

/**
 * Converts the JSON Schema of a reply to the subset of strict modes: closed objects, every property required, no limits on
 * length or value. The reply is still validated against the full schema.
 *
 * @throws {TypeError} when the schema cannot be expressed in that subset (optional properties, open objects): a bug of the
 *   caller, which must use an empty value or null instead
 */
export function strictSchema(schema: ZodType): JsonSchema {
  const known = cache.get(schema);
  if (known) return known;
  const strict = reduce(z.toJSONSchema(schema, { io: 'input', reused: 'inline' }), '$');
  if (strict['type'] !== 'object') throw new TypeError('a reply schema must be an object at its root');
  cache.set(schema, strict);
  return strict;
}

function reduce(schema: JsonSchema, path: string): JsonSchema {
  const alternatives = schema['anyOf'] ?? schema['oneOf'];
  if (schema['allOf'] !== undefined) throw new TypeError(`${path}: intersections are not allowed in a reply schema`);
  const reduced: JsonSchema = Object.fromEntries(Object.entries(schema).filter(([keyword]) => KEPT.has(keyword)));
  if (Array.isArray(alternatives)) {
    reduced['anyOf'] = alternatives.map((inner: JsonSchema, index) => reduce(inner, `${path}|${index}`));
  }
  if (isRecord(schema['items'])) reduced['items'] = reduce(schema['items'], `${path}[]`);
  if (isRecord(schema['$defs']))
    reduced['$defs'] = mapValues(schema['$defs'], (inner, key) => reduce(inner, `${path}#${key}`));
  if ([schema['type']].flat().includes('object')) closeObject(schema, reduced, path);
  return reduced;
}

function closeObject(schema: JsonSchema, reduced: JsonSchema, path: string): void {
  const properties = isRecord(schema['properties']) ? schema['properties'] : {};
  const required = new Set(Array.isArray(schema['required']) ? (schema['required'] as string[]) : []);
  const optional = Object.keys(properties).filter((key) => !required.has(key));
  if (optional.length > 0)
    throw new TypeError(`${path}: reply schemas have no optional properties (${optional.join(', ')})`);
  if (isRecord(schema['additionalProperties'])) throw new TypeError(`${path}: reply schemas have no open records`);
  reduced['properties'] = mapValues(properties, (inner, key) => reduce(inner, `${path}.${key}`));
  reduced['required'] = Object.keys(properties);
  reduced['additionalProperties'] = false;
}

function mapValues(record: JsonSchema, map: (inner: JsonSchema, key: string) => JsonSchema): JsonSchema {
  return Object.fromEntries(Object.entries(record).map(([key, inner]) => [key, map(inner as JsonSchema, key)]));
}

const isRecord = (value: unknown): value is JsonSchema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
