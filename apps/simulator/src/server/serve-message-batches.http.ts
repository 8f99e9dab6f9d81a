import type { IncomingMessage } from 'node:http';
import { anthropicBatch, parseMessageBatch } from '../core/batch/anthropic-batch.ts';
import { anthropicError, message } from '../core/wire/anthropic-reply.ts';
import { fail, type Parsed } from '../core/wire/wire-failure.ts';
import { admitBatch, type BatchDeps } from './batch-deps.ts';
import type { ItemResult, ShelvedBatch } from './batch-shelf.ts';
import type { Exchange } from './exchange.http.ts';
import { readJson } from './read-json.http.ts';

const PATH = '/v1/messages/batches';
const ENDPOINT = /^(GET|POST|DELETE) \/v1\/messages\/batches(?:\/([\w-]+))?(?:\/(cancel|results))?$/;
/** An object, or lines of them. */
type Body = Record<string, unknown> | string;

/** Anthropic's message batches: create, retrieve, list, results, cancel, delete. Answers whether the endpoint is one. */
export async function serveMessageBatches(
  request: IncomingMessage,
  exchange: Exchange,
  endpoint: string,
  origin: string,
  deps: BatchDeps,
): Promise<boolean> {
  const [, method, id, action] = ENDPOINT.exec(endpoint) ?? [];
  if (method === undefined) return false;
  const { owner } = exchange;
  const show = (shelved: ShelvedBatch): Parsed<Body> => ({
    ok: true,
    value: anthropicBatch(shelved.batch, shelved.progress, {
      errored: shelved.results.filter(({ ok }) => !ok).length,
      resultsUrl: `${origin}${PATH}/${shelved.batch.id}/results`,
    }),
  });
  if (method === 'POST' && id === undefined) {
    const body = await readJson(request);
    const workMs = await admitBatch(exchange, PATH, deps);
    if (workMs === undefined) return true;
    const items = body.ok ? parseMessageBatch(body.value) : body;
    const added = (given: typeof items & { ok: true }): Parsed<Body> =>
      show(deps.batches.add({ vendor: 'anthropic', owner, items: given.value, input: undefined, workMs }));
    answer(exchange, items.ok ? added(items) : items);
    return true;
  }
  request.resume();
  if (id === undefined) {
    const data = deps.batches.list('anthropic', owner).map((shelved) => {
      const shown = show(shelved);
      return shown.ok ? shown.value : {};
    });
    const ids = deps.batches.list('anthropic', owner).map(({ batch }) => batch.id);
    const ends = { first_id: ids[0] ?? null, last_id: ids.at(-1) ?? null };
    answer(exchange, { ok: true, value: { data, has_more: false, ...ends } });
    return true;
  }
  answer(exchange, look(owner, { method, id, action }, show, deps));
  return true;
}

function look(
  owner: string,
  { method, id, action }: { method: string; id: string; action: string | undefined },
  show: (shelved: ShelvedBatch) => Parsed<Body>,
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

function linesOf({ batch, progress, results }: ShelvedBatch): string {
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

function answer(exchange: Exchange, result: Parsed<Body>): void {
  if (!result.ok) exchange.sendFailure(result.failure);
  else if (typeof result.value === 'string') exchange.sendText(200, 'application/x-jsonl', result.value);
  else exchange.sendJson(200, result.value);
}

const notFound = (message: string): Parsed<never> => fail({ status: 404, kind: 'unknown_path', message });
