import { canonicalJson } from '@pressroom/runtime';

/** System prompt for models without a strict mode: describes the schema in words; the reply is validated. */
export function describeSchema(system: string, schema: { jsonSchema: Record<string, unknown> }): string {
  const instruction = `Answer with one JSON value that fits this JSON Schema, and nothing else:\n${canonicalJson(schema.jsonSchema)}`;
  return system === '' ? instruction : `${system}\n\n${instruction}`;
}
