import { z } from 'zod';
import { parseChatRequest } from '../wire/openai-request.ts';
import { fail, type Parsed } from '../wire/wire-failure.ts';
import { BATCH_LIFETIME_MS, type Batch, type BatchItem, type BatchProgress } from './batch.ts';

export const BATCH_ENDPOINT = '/v1/chat/completions';
const MAX_ITEMS = 50_000;

export const CreateBatch = z.looseObject({
  input_file_id: z.string().min(1),
  endpoint: z.literal(BATCH_ENDPOINT),
  completion_window: z.literal('24h'),
  metadata: z.record(z.string(), z.string()).nullish(),
});

const Line = z.looseObject({
  custom_id: z.string().min(1),
  method: z.literal('POST'),
  url: z.literal(BATCH_ENDPOINT),
  body: z.unknown(),
});

/** Parses an input file with one request per line. An invalid line or a repeated id makes the whole file invalid. */
export function parseBatchFile(content: string): Parsed<BatchItem[]> {
  const items: BatchItem[] = [];
  const seen = new Set<string>();
  const lines = content.split('\n').filter((line) => line.trim() !== '');
  if (lines.length === 0 || lines.length > MAX_ITEMS) {
    return invalid(`an input file has 1 to ${MAX_ITEMS} requests, this one ${lines.length}`);
  }
  for (const [index, text] of lines.entries()) {
    const line = Line.safeParse(parseJson(text));
    if (!line.success) return invalid(`line ${index + 1} is no request to ${BATCH_ENDPOINT}`);
    if (seen.has(line.data.custom_id)) return invalid(`line ${index + 1} repeats a custom_id`);
    seen.add(line.data.custom_id);
    items.push({ customId: line.data.custom_id, request: parseChatRequest(line.data.body) });
  }
  return { ok: true, value: items };
}

const invalid = (message: string): Parsed<never> =>
  fail({ status: 400, kind: 'invalid_request', message, param: 'input_file_id' });

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

const STATUS = { in_progress: 'in_progress', ended: 'completed', cancelled: 'cancelled', expired: 'expired' } as const;
const seconds = (ms: number | undefined): number | null => (ms === undefined ? null : Math.floor(ms / 1_000));

/** Response body of a batch in OpenAI's format. */
export function openaiBatch(
  batch: Batch,
  progress: BatchProgress,
  facts: { failed: number; outputFileId: string | undefined; errorFileId: string | undefined },
): Record<string, unknown> {
  const at = (phase: BatchProgress['phase']): number | null =>
    progress.phase === phase ? seconds(progress.endedAtMs) : null;
  return {
    id: batch.id,
    object: 'batch',
    endpoint: BATCH_ENDPOINT,
    errors: null,
    input_file_id: batch.input?.fileId ?? '',
    completion_window: '24h',
    status: STATUS[progress.phase],
    output_file_id: facts.outputFileId ?? null,
    error_file_id: facts.errorFileId ?? null,
    created_at: seconds(batch.createdAtMs),
    in_progress_at: seconds(batch.createdAtMs),
    expires_at: seconds(batch.createdAtMs + BATCH_LIFETIME_MS),
    finalizing_at: at('ended'),
    completed_at: at('ended'),
    failed_at: null,
    expired_at: at('expired'),
    cancelling_at: seconds(batch.cancelledAtMs),
    cancelled_at: at('cancelled'),
    request_counts: {
      total: batch.items.length,
      completed: progress.done - facts.failed,
      failed: facts.failed,
    },
    metadata: batch.input?.metadata ?? null,
  };
}
