import type { IncomingMessage } from 'node:http';
import type { Clock } from '@pressroom/runtime';
import { CreateBatch, openaiBatch, parseBatchFile } from '../core/batch/openai-batch.ts';
import { chatCompletion, openaiError } from '../core/wire/openai-reply.ts';
import { fail, type Parsed } from '../core/wire/wire-failure.ts';
import { admitBatch, type BatchDeps } from './batch-deps.ts';
import type { ItemResult, OutputFiles, ShelvedBatch } from './batch-shelf.ts';
import type { Exchange } from './exchange.http.ts';
import type { FileShelf } from './file-shelf.ts';
import { readJson } from './read-json.http.ts';

const PATH = '/v1/batches';
type Body = Record<string, unknown>;

/** OpenAI's batches: create, retrieve, list, cancel. Answers whether the endpoint is one of them. */
export async function serveOpenAiBatches(
  request: IncomingMessage,
  exchange: Exchange,
  endpoint: string,
  deps: BatchDeps,
): Promise<boolean> {
  const [, method, id, action] = /^(GET|POST) \/v1\/batches(?:\/([\w-]+))?(?:\/(cancel))?$/.exec(endpoint) ?? [];
  if (method === undefined || exchange.vendor !== 'openai') return false;
  if (method === 'POST' && id === undefined) {
    const body = await readJson(request);
    const workMs = await admitBatch(exchange, PATH, deps);
    if (workMs !== undefined) answer(exchange, body.ok ? create(exchange.owner, body.value, workMs, deps) : body);
    return true;
  }
  request.resume();
  answer(exchange, look(exchange.owner, { method, id, action }, deps));
  return true;
}

function answer(exchange: Exchange, result: Parsed<Body>): void {
  if (result.ok) exchange.sendJson(200, result.value);
  else exchange.sendFailure(result.failure);
}

function create(owner: string, body: unknown, workMs: number, deps: BatchDeps): Parsed<Body> {
  const wanted = CreateBatch.safeParse(body);
  if (!wanted.success) {
    const param = wanted.error.issues[0]?.path.join('.') ?? '';
    return fail({ status: 400, kind: 'invalid_request', message: `Invalid value for '${param}'.`, param });
  }
  const { input_file_id: fileId, metadata } = wanted.data;
  const file = deps.files.find(owner, fileId);
  if (!file) return notFound(`No such File object: ${fileId.slice(0, 60)}`);
  const items = parseBatchFile(file.content);
  if (!items.ok) return items;
  const input = { fileId, metadata: metadata ?? null };
  const shelved = deps.batches.add({ vendor: 'openai', owner, items: items.value, input, workMs });
  return { ok: true, value: show(shelved, deps) };
}

function look(
  owner: string,
  { method, id, action }: { method: string; id: string | undefined; action: string | undefined },
  deps: BatchDeps,
): Parsed<Body> {
  const { batches } = deps;
  if (id === undefined) {
    const data = batches.list('openai', owner).map((shelved) => show(shelved, deps));
    const ends = { first_id: data[0]?.['id'] ?? null, last_id: data.at(-1)?.['id'] ?? null };
    return { ok: true, value: { object: 'list', data, has_more: false, ...ends } };
  }
  const isCancel = method === 'POST' && action === 'cancel';
  const isLook = method === 'GET' && action === undefined;
  const found = isCancel ? batches.cancel('openai', owner, id) : isLook ? batches.find('openai', owner, id) : undefined;
  return found ? { ok: true, value: show(found, deps) } : notFound(`No batch found with id '${id.slice(0, 60)}'.`);
}

function show(shelved: ShelvedBatch, { files, clock }: BatchDeps): Body {
  const isOver = shelved.progress.phase !== 'in_progress';
  const none = { outputFileId: undefined, errorFileId: undefined };
  return openaiBatch(shelved.batch, shelved.progress, {
    ...(isOver ? shelved.outputs(() => saveOutputs(shelved, files, clock)) : none),
    failed: shelved.results.filter(({ ok }) => !ok).length,
  });
}

/** What succeeded goes into one file, what erred into another; of what was not done there is no line. */
function saveOutputs({ batch, results }: ShelvedBatch, files: FileShelf, clock: Clock): OutputFiles {
  const lines = results.map((result, index) => lineOf(batch.items[index]?.customId ?? '', batch.id, index, result));
  const save = (isGood: boolean): string | undefined => {
    const own = lines.filter((_line, index) => results[index]?.ok === isGood);
    if (own.length === 0) return undefined;
    return files.add({
      owner: batch.owner,
      filename: `${batch.id}_${isGood ? 'output' : 'error'}.jsonl`,
      purpose: 'batch_output',
      createdAtMs: clock.nowMs(),
      content: `${own.join('\n')}\n`,
    }).id;
  };
  return { outputFileId: save(true), errorFileId: save(false) };
}

function lineOf(customId: string, batchId: string, index: number, result: ItemResult): string {
  const name = `${batchId.slice(-12)}_${index}`;
  const response = {
    status_code: result.ok ? 200 : result.failure.status,
    request_id: `req_sim_${name}`,
    body: result.ok ? chatCompletion(result.reply) : openaiError(result.failure),
  };
  return JSON.stringify({ id: `batch_req_sim_${name}`, custom_id: customId, response, error: null });
}

const notFound = (message: string): Parsed<never> => fail({ status: 404, kind: 'unknown_path', message });
