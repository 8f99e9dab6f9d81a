import { REASONING_ALLOWANCE_TOKENS, type Catalog } from '@pressroom/catalog';
import { hashRequest } from '../hash/request-hash.ts';
import type { CallScope, LogicalCall } from '../ports.ts';
import { strictSchema } from '../reply/core/strict-schema.ts';
import { decideTier, type TierDecision } from '../routing/core/decide-tier.ts';

/** A logical call with everything that does not depend on the chosen model. */
export interface PreparedCall<T> {
  call: LogicalCall<T>;
  schema: { name: string; jsonSchema: Record<string, unknown> } | undefined;
  requestHash: string;
  decision: TierDecision;
  /** Cap of everything billed as output: the reply's cap plus the reasoning allowance. */
  outputCapTokens: number;
}

/** Pure. @throws {TypeError} when the reply schema cannot be expressed in the providers' strict modes */
export function prepareCall<T>(call: LogicalCall<T>, scope: CallScope, catalog: Catalog): PreparedCall<T> {
  const schema = call.schema && { name: call.schema.name, jsonSchema: strictSchema(call.schema.zod) };
  const decision = decideTier(call, scope, catalog);
  return {
    call,
    schema,
    requestHash: hashRequest(call, schema),
    decision,
    outputCapTokens: call.maxOutputTokens + REASONING_ALLOWANCE_TOKENS[decision.reasoning],
  };
}
