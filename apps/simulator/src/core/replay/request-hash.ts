import { createHash } from 'node:crypto';
import type { GenerationRequest } from '../wire/generation.ts';

/**
 * Key of a request among recorded replies: vendor, model, messages and requested output. Limits, sampling and streaming are
 * excluded, so that a streamed call finds the reply of a plain one.
 */
export function hashRequest({ vendor, model, messages, target }: GenerationRequest): string {
  return createHash('sha256')
    .update(JSON.stringify([vendor, model, messages.map(({ role, text }) => [role, text]), target]))
    .digest('hex');
}
