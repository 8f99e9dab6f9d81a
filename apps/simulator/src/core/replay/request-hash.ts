import { createHash } from 'node:crypto';
import type { GenerationRequest } from '../wire/generation.ts';

/**
 * Name of a request among recorded replies: vendor, model, messages and what is asked for. Limits, sampling and the way
 * the reply is delivered do not matter, so that a streamed call finds what a plain one has recorded.
 */
export function hashRequest({ vendor, model, messages, target }: GenerationRequest): string {
  return createHash('sha256')
    .update(JSON.stringify([vendor, model, messages.map(({ role, text }) => [role, text]), target]))
    .digest('hex');
}
