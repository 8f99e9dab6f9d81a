import type { IncomingMessage } from 'node:http';
import { anthropicBatch, parseMessageBatch } from '../core/batch/anthropic-batch.ts';
import { anthropicError, message } from '../core/wire/anthropic-reply.ts';
import { fail, type Parsed } from '../core/wire/wire-failure.ts';
import { admitBatch, type BatchDeps } from './batch-deps.ts';
import type { ItemResult, StoredBatch } from './batch-store.ts';
import type { RequestContext } from './request-context.http.ts';
import { readJson } from './read-json.http.ts';

const PATH = '/v1/messages/batches';
const ENDPOINT = /^(GET|POST|DELETE) \/v1\/messages\/batches(?:\/([\w-]+))?(?:\/(cancel|results))?$/;
/** An object, or JSON lines. */
type Body = Record<string, unknown> | string;

/** Anthropic's message batch endpoints: create, retrieve, list, results, cancel, delete. Returns whether it is one. */
export async function serveMessageBatches(
  request: IncomingMessage,
  context: RequestContext,
  endpoint: string,
  origin: string,
  deps: BatchDeps,
): Promise<boolean> {
  const [, method, id, action] = ENDPOINT.exec(endpoint) ?? [];
  if (method === undefined) return false;
  const { owner } = context;
  const show = (stored: StoredBatch): Parsed<Body> => ({
    ok: true,
    value: anthropicBatch(stored.batch, stored.progress, {
      errored: stored.results.filter(({ ok }) => !ok).length,
      resultsUrl: `${origin}${PATH}/${stored.batch.id}/results`,
    }),
  });
  if (method === 'POST' && id === undefined) {
    const body = await readJson(request);
    const workMs = await admitBatch(context, PATH, deps);
    if (workMs === undefined) return true;
    const items = body.ok ? parseMessageBatch(body.value) : body;
    const added = (given: typeof items & { ok: true }): Parsed<Body> =>
      show(deps.batches.add({ vendor: 'anthropic', owner, items: given.value, input: undefined, workMs }));
    answer(context, items.ok ? added(items) : items);
    return true;
  }
  request.resume();
  if (id === undefined) {
    const data = deps.batches.list('anthropic', owner).map((stored) => {
      const shown = show(stored);
      return shown.ok ? shown.value : {};
    });
    const ids = deps.batches.list('anthropic', owner).map(({ batch }) => batch.id);
    const ends = { first_id: ids[0] ?? null, last_id: ids.at(-1) ?? null };
    answer(context, { ok: true, value: { data, has_more: false, ...ends } });
    return true;
  }
  answer(context, look(owner, { method, id, action }, show, deps));
  return true;
}

function look(
  owner: string,
  { method, id, action }: { method: string; id: string; action: string | undefined },
  show: (stored: StoredBatch) => Parsed<Body>,
  { batches }: BatchDeps,
): Parsed<Body> {
  const found = batches.find('anthropic', owner, id);
  if (!found) return notFound(`batch ${id.slice(0, 60)} does not exist`);
  const isOver = found.progress.phase !== 'in_progress';
  switch (`${method} ${action ?? ''}`) {
    case 'GET ':
      return show(found);
    case 'POST cancel':
      return show(batches.cancel('anthropic', owner, id) ?? found);
    case 'GET results':
      return isOver ? { ok: true, value: linesOf(found) } : notFound('the batch has no results yet');
    case 'DELETE ': {
      const message = 'a batch that is in progress cannot be deleted: cancel it first';
      if (!isOver) return fail({ status: 400, kind: 'invalid_request', message });
      batches.remove(id);
      return { ok: true, value: { id, type: 'message_batch_deleted' } };
    }
    default:
      return notFound('no such endpoint');
  }
}

function linesOf({ batch, progress, results }: StoredBatch): string {
  const undone = { type: progress.phase === 'expired' ? 'expired' : 'canceled' };
  const lines = batch.items.map(({ customId }, index) => {
    const result = results[index];
    return JSON.stringify({ custom_id: customId, result: result ? resultOf(result) : undone });
  });
  return `${lines.join('\n')}\n`;
}

function resultOf(result: ItemResult): Record<string, unknown> {
  if (!result.ok) return { type: 'errored', error: anthropicError(result.failure, '') };
  const whole = message(result.reply);
  const usage = { ...(whole['usage'] as Record<string, unknown>), service_tier: 'batch' };
  return { type: 'succeeded', message: { ...whole, usage } };
}

function answer(context: RequestContext, result: Parsed<Body>): void {
  if (!result.ok) context.sendFailure(result.failure);
  else if (typeof result.value === 'string') context.sendText(200, 'application/x-jsonl', result.value);
  else context.sendJson(200, result.value);
}

const notFound = (message: string): Parsed<never> => fail({ status: 404, kind: 'unknown_path', message });
