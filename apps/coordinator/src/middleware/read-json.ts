import type { Request } from 'express';
import type { z } from 'zod';

import { MAX_BODY_BYTES } from '../core/body-limits.ts';
import { formatIssues } from '../core/format-issues.ts';
import { inspectJson } from '../core/inspect-json.ts';
import { invalid } from '../errors/request-error.ts';
import { mayHoldEscapes, parseJson, readBody } from './read-body.ts';
import { requestContextOf } from './request-context.ts';

/**
 * The body of a request as its schema makes it, every fault named.
 *
 * @throws {RequestError} VALIDATION_FAILED, and what `readBody` and `parseJson` throw
 */
export async function readJson<Schema extends z.ZodType>(request: Request, schema: Schema): Promise<z.output<Schema>> {
  const bytes = await readBody(request, ['application/json'], MAX_BODY_BYTES);
  const body = parseJson(bytes);
  const structural = inspectJson(body, mayHoldEscapes(bytes));
  if (structural.length > 0) throw invalid(structural);
  const parsed = schema.safeParse(body, { reportInput: true });
  if (!parsed.success) throw invalid(formatIssues(parsed.error.issues));
  return parsed.data;
}

/** As `readJson`; a request without a body counts as one with an empty object. */
export async function readOptionalJson<Schema extends z.ZodType>(
  request: Request,
  schema: Schema,
): Promise<z.output<Schema>> {
  const hasBody =
    request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;
  if (hasBody) return readJson(request, schema);
  await requestContextOf(request).enter();
  return schema.parse({});
}
