import { canonicalJson, sha256Hex } from '@pressroom/runtime';
import type { LogicalCall } from '../ports.ts';

/** The parts of a logical call, besides its schema, that identify it. */
export type HashedCall = Omit<LogicalCall<unknown>, 'path' | 'schema' | 'accept'>;

export interface HashedSchema {
  name: string;
  jsonSchema: Record<string, unknown>;
}

/**
 * SHA-256 (hex) of the logical request before routing, so that breaker, route and price changes do not miss the journal.
 * Excludes the path, which is a separate part of the journal key, and `accept`, which is code.
 */
export function hashRequest(call: HashedCall, schema?: HashedSchema): string {
  const content = {
    purpose: call.purpose,
    prompt: { id: call.prompt.id, version: call.prompt.version },
    system: call.system,
    messages: call.messages.map(({ role, content: text }) => ({ role, content: text })),
    schema: schema && { name: schema.name, jsonSchema: schema.jsonSchema },
    maxOutputTokens: call.maxOutputTokens,
    temperature: call.temperature,
    tier: call.tier,
  };
  return sha256Hex(canonicalJson(content));
}
