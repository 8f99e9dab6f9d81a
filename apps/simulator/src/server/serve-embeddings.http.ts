import type { Clock } from '@pressroom/runtime';
import { NOTHING_BILLED } from '../calls/call-log.ts';
import type { ModelTable } from '../core/models/model-table.ts';
import { embed, encodeVector, parseEmbeddingRequest } from '../core/wire/embedding.ts';
import type { Parsed } from '../core/wire/wire-failure.ts';
import type { Tokenizer } from '../tokens/tokenizer.ts';
import type { RequestContext } from './request-context.http.ts';
import type { CallServer } from './serve-call.http.ts';

const PURPOSE = 'embedding';
const LATENCY_MS = 40;

/** Serves `POST /v1/embeddings`. */
export async function serveEmbeddings(
  context: RequestContext,
  body: Parsed<unknown>,
  deps: { clock: Clock; models: ModelTable; tokenizer: Tokenizer; calls: CallServer; latencyScale: number },
): Promise<void> {
  const parsed = body.ok ? parseEmbeddingRequest(body.value) : body;
  if (!parsed.ok) {
    deps.calls.refuse(context, parsed.failure, '', PURPOSE);
    return;
  }
  const request = parsed.value;
  const model = deps.models.find('openai', request.model);
  if (model?.kind !== 'embedding') {
    const message = `The model '${request.model.slice(0, 100)}' does not exist in the simulator.`;
    deps.calls.refuse(context, { status: 404, kind: 'unknown_model', message, param: 'model' }, request.model, PURPOSE);
    return;
  }
  const counts = request.inputs.map((input) => deps.tokenizer.count(input));
  const dimensions = request.dimensions ?? model.maxOutputTokens;
  const longest = Math.max(...counts);
  if (longest > model.contextTokens || dimensions > model.maxOutputTokens) {
    const failure =
      longest > model.contextTokens
        ? {
            kind: 'context_too_long' as const,
            param: 'input',
            message: `This model's maximum context length is ${model.contextTokens} tokens, an input has ${longest}.`,
          }
        : {
            kind: 'invalid_request' as const,
            param: 'dimensions',
            message: `dimensions: ${dimensions} > ${model.maxOutputTokens} of ${model.id}.`,
          };
    deps.calls.refuse(context, { status: 400, ...failure }, request.model, PURPOSE);
    return;
  }
  const tokens = counts.reduce((sum, count) => sum + count, 0);
  const billed = { ...NOTHING_BILLED, uncachedInput: tokens };
  const facts = { model: model.id, tier: null, purpose: PURPOSE, stream: false, tokens, promptBill: billed };
  await deps.calls.serve(context, facts, async (_faults, end) => {
    const waitMs = LATENCY_MS * deps.latencyScale;
    if (waitMs > 0) await deps.clock.sleep(waitMs, context.signal).catch(() => undefined);
    if (context.signal.aborted) {
      end({ outcome: 'aborted', status: 0, billed });
      return;
    }
    const usage = { prompt_tokens: tokens, total_tokens: tokens };
    end({ outcome: 'ok', status: 200, usage, billed });
    context.sendJson(200, {
      object: 'list',
      model: model.id,
      data: request.inputs.map((input, index) => ({
        object: 'embedding',
        index,
        embedding: encodeVector(embed(input, dimensions), request.encoding),
      })),
      usage,
    });
  });
}
