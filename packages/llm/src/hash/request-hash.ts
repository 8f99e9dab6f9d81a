import { canonicalJson, sha256Hex } from '@pressroom/runtime';
import type { LogicalCall } from '../ports.ts';

/** The parts of a logical call, besides its schema, that make it this call and no other. */
export type HashedCall = Omit<LogicalCall<unknown>, 'path' | 'schema' | 'accept'>;

export interface HashedSchema {
  name: string;
  jsonSchema: Record<string, unknown>;
}

/**
 * SHA-256 (hex) of the logical request, before routing: a change of breaker, route or price does not miss the journal.
 * The path is not part of it, being a key of the journal by itself, and `accept` is code, not content.
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
