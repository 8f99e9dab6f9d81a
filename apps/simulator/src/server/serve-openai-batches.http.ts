import type { IncomingMessage } from 'node:http';
import type { Clock } from '@pressroom/runtime';
import { CreateBatch, openaiBatch, parseBatchFile } from '../core/batch/openai-batch.ts';
import { chatCompletion, openaiError } from '../core/wire/openai-reply.ts';
import { fail, type Parsed } from '../core/wire/wire-failure.ts';
import { admitBatch, type BatchDeps } from './batch-deps.ts';
import type { ItemResult, OutputFiles, StoredBatch } from './batch-store.ts';
import type { RequestContext } from './request-context.http.ts';
import type { FileStore } from './file-store.ts';
import { readJson } from './read-json.http.ts';

const PATH = '/v1/batches';
type Body = Record<string, unknown>;

/** OpenAI's batch endpoints: create, retrieve, list, cancel. Returns whether the endpoint is one of them. */
export async function serveOpenAiBatches(
  request: IncomingMessage,
  context: RequestContext,
  endpoint: string,
  deps: BatchDeps,
): Promise<boolean> {
  const [, method, id, action] = /^(GET|POST) \/v1\/batches(?:\/([\w-]+))?(?:\/(cancel))?$/.exec(endpoint) ?? [];
  if (method === undefined || context.vendor !== 'openai') return false;
  if (method === 'POST' && id === undefined) {
    const body = await readJson(request);
    const workMs = await admitBatch(context, PATH, deps);
    if (workMs !== undefined) answer(context, body.ok ? create(context.owner, body.value, workMs, deps) : body);
    return true;
  }
  request.resume();
  answer(context, look(context.owner, { method, id, action }, deps));
  return true;
}

function answer(context: RequestContext, result: Parsed<Body>): void {
  if (result.ok) context.sendJson(200, result.value);
  else context.sendFailure(result.failure);
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
  const stored = deps.batches.add({ vendor: 'openai', owner, items: items.value, input, workMs });
  return { ok: true, value: show(stored, deps) };
}

function look(
  owner: string,
  { method, id, action }: { method: string; id: string | undefined; action: string | undefined },
  deps: BatchDeps,
): Parsed<Body> {
  const { batches } = deps;
  if (id === undefined) {
    const data = batches.list('openai', owner).map((stored) => show(stored, deps));
    const ends = { first_id: data[0]?.['id'] ?? null, last_id: data.at(-1)?.['id'] ?? null };
    return { ok: true, value: { object: 'list', data, has_more: false, ...ends } };
  }
  const isCancel = method === 'POST' && action === 'cancel';
  const isLook = method === 'GET' && action === undefined;
  const found = isCancel ? batches.cancel('openai', owner, id) : isLook ? batches.find('openai', owner, id) : undefined;
  return found ? { ok: true, value: show(found, deps) } : notFound(`No batch found with id '${id.slice(0, 60)}'.`);
}

function show(stored: StoredBatch, { files, clock }: BatchDeps): Body {
  const isOver = stored.progress.phase !== 'in_progress';
  const none = { outputFileId: undefined, errorFileId: undefined };
  return openaiBatch(stored.batch, stored.progress, {
    ...(isOver ? stored.outputs(() => saveOutputs(stored, files, clock)) : none),
    failed: stored.results.filter(({ ok }) => !ok).length,
  });
}

/** Writes successful items to one file and failed ones to another; unprocessed items have no line. */
function saveOutputs({ batch, results }: StoredBatch, files: FileStore, clock: Clock): OutputFiles {
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
