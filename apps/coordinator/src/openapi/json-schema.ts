import { z } from 'zod';

type JsonSchema = Record<string, unknown>;

const OPTIONS = {
  unrepresentable: 'any',
  // Whole numbers are bounded by what JavaScript can count to; saying so in every schema is noise.
  override: ({ jsonSchema }: { jsonSchema: { minimum?: number; maximum?: number } }) => {
    if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
    if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  },
} as const;

/** JSON Schema (draft 2020-12, as OpenAPI 3.1 uses it) of one schema, self-contained. */
export function jsonSchemaOf(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  return withoutHeader(z.toJSONSchema(schema, { ...OPTIONS, io }));
}

/** JSON Schemas of named schemas that refer to each other as OpenAPI components. */
export function componentSchemas(
  schemas: Readonly<Record<string, z.ZodType>>,
  io: 'input' | 'output',
): Record<string, JsonSchema> {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(schemas)) registry.add(schema, { id });
  const { schemas: components } = z.toJSONSchema(registry, { ...OPTIONS, io, uri: componentRef });
  return Object.fromEntries(
    Object.entries(components as Record<string, JsonSchema>).map(([id, component]) => [id, withoutHeader(component)]),
  );
}

/** Inside another document a schema neither names its dialect nor itself. */
function withoutHeader(schema: JsonSchema): JsonSchema {
  return Object.fromEntries(Object.entries(schema).filter(([key]) => key !== '$schema' && key !== '$id'));
}

export const componentRef = (id: string): string => `#/components/schemas/${id}`;
