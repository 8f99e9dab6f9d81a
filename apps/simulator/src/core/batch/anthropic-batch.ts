import { z } from 'zod';
import { parseMessagesRequest } from '../wire/anthropic-request.ts';
import { fail, type Parsed } from '../wire/wire-failure.ts';
import { BATCH_LIFETIME_MS, type Batch, type BatchItem, type BatchProgress } from './batch.ts';

const MAX_ITEMS = 100_000;
const CreateBatch = z.looseObject({
  requests: z
    .array(z.looseObject({ custom_id: z.string().regex(/^[\w-]{1,64}$/), params: z.unknown() }))
    .min(1)
    .max(MAX_ITEMS),
});

/** Parses the body of `POST /v1/messages/batches`. */
export function parseMessageBatch(body: unknown): Parsed<BatchItem[]> {
  const parsed = CreateBatch.safeParse(body);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const param = issue?.path.join('.') ?? 'requests';
    return fail({ status: 400, kind: 'invalid_request', message: `${param}: ${issue?.message ?? ''}`, param });
  }
  const ids = parsed.data.requests.map((request) => request.custom_id);
  if (new Set(ids).size < ids.length) {
    return fail({
      status: 400,
      kind: 'invalid_request',
      message: 'requests: custom_id is repeated',
      param: 'requests',
    });
  }
  return {
    ok: true,
    value: parsed.data.requests.map(({ custom_id: customId, params }) => ({
      customId,
      request: parseMessagesRequest(params),
    })),
  };
}

const iso = (ms: number | undefined): string | null => (ms === undefined ? null : new Date(ms).toISOString());

/** Response body of a message batch in Anthropic's format. */
export function anthropicBatch(
  batch: Batch,
  progress: BatchProgress,
  facts: { errored: number; resultsUrl: string },
): Record<string, unknown> {
  const open = batch.items.length - progress.done;
  const isOver = progress.phase !== 'in_progress';
  return {
    id: batch.id,
    type: 'message_batch',
    processing_status: isOver ? 'ended' : 'in_progress',
    request_counts: {
      processing: isOver ? 0 : open,
      succeeded: isOver ? progress.done - facts.errored : 0,
      errored: isOver ? facts.errored : 0,
      canceled: progress.phase === 'cancelled' ? open : 0,
      expired: progress.phase === 'expired' ? open : 0,
    },
    created_at: iso(batch.createdAtMs),
    expires_at: iso(batch.createdAtMs + BATCH_LIFETIME_MS),
    ended_at: iso(progress.endedAtMs),
    cancel_initiated_at: iso(batch.cancelledAtMs),
    archived_at: null,
    results_url: isOver ? facts.resultsUrl : null,
  };
}
