import { REASONING_ALLOWANCE_TOKENS, type Catalog } from '@pressroom/catalog';
import { hashRequest } from '../hash/request-hash.ts';
import type { CallScope, LogicalCall } from '../ports.ts';
import { strictSchema } from '../reply/core/strict-schema.ts';
import { decideTier, type TierDecision } from '../routing/core/decide-tier.ts';

/** A logical call with all that follows from it alone, whichever model will answer. */
export interface PreparedCall<T> {
  call: LogicalCall<T>;
  schema: { name: string; jsonSchema: Record<string, unknown> } | undefined;
  requestHash: string;
  asked: TierDecision;
  /** Cap of everything billed as output: the reply's own, and room to think. */
  outputCapTokens: number;
}

/** Pure. @throws {TypeError} when the reply schema cannot be said in the providers' strict modes */
export function prepareCall<T>(call: LogicalCall<T>, scope: CallScope, catalog: Catalog): PreparedCall<T> {
  const schema = call.schema && { name: call.schema.name, jsonSchema: strictSchema(call.schema.zod) };
  const asked = decideTier(call, scope, catalog);
  return {
    call,
    schema,
    requestHash: hashRequest(call, schema),
    asked,
    outputCapTokens: call.maxOutputTokens + REASONING_ALLOWANCE_TOKENS[asked.reasoning],
  };
}
