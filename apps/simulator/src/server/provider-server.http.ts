import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock, Logger } from '@pressroom/runtime';
import type { ModelTable, Vendor } from '../core/models/model-table.ts';
import { parseCountRequest, parseMessagesRequest } from '../core/wire/anthropic-request.ts';
import { anthropicModel, openaiModel } from '../core/wire/model-list.ts';
import { parseChatRequest } from '../core/wire/openai-request.ts';
import type { WireFailure } from '../core/wire/wire-failure.ts';
import { PLAIN_TEXT } from '../core/writing/write-reply.ts';
import type { Tokenizer } from '../tokens/tokenizer.ts';
import type { BatchDeps } from './batch-deps.ts';
import { createRequestContext, type RequestContext } from './request-context.http.ts';
import { readJson } from './read-json.http.ts';
import { serveEmbeddings } from './serve-embeddings.http.ts';
import { serveFiles } from './serve-files.http.ts';
import { serveGeneration, type GenerationDeps } from './serve-generation.http.ts';
import { serveMessageBatches } from './serve-message-batches.http.ts';
import { serveOpenAiBatches } from './serve-openai-batches.http.ts';

export interface ProviderDeps extends GenerationDeps, BatchDeps {
  clock: Clock;
  log: Logger;
  models: ModelTable;
  tokenizer: Tokenizer;
}

/** Handles all requests to the provider's port: determines the protocol, checks the key, serves the endpoint. */
export function createProviderHandler(
  deps: ProviderDeps,
): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    const url = new URL(request.url ?? '/', 'http://simulator');
    const path = url.pathname.replace(/(?<!\/)\/+$/, '') || '/';
    const context = createRequestContext(request, response, vendorOf(request, path), path, deps.clock);
    handle(request, context, path, deps).catch((error: unknown) => {
      // Distinguishes clients that disconnected during their request from bugs of the simulator.
      if (context.signal.aborted || request.destroyed) return;
      deps.log.error({ err: error, path }, 'simulator.failed');
      if (response.headersSent) context.drop();
      else context.sendFailure({ status: 500, kind: 'server_error', message: 'The simulator failed.' });
    });
  };
}

async function handle(
  request: IncomingMessage,
  context: RequestContext,
  path: string,
  deps: ProviderDeps,
): Promise<void> {
  const endpoint = `${request.method ?? 'GET'} ${path}`;
  const refusal = refuseHeaders(request, context);
  if (refusal) {
    // An unread body would prevent reuse of the connection.
    request.resume();
    if (request.method === 'POST') deps.calls.refuse(context, refusal, '', PLAIN_TEXT);
    else context.sendFailure(refusal);
    return;
  }
  switch (endpoint) {
    case 'POST /v1/chat/completions':
    case 'POST /v1/messages': {
      const body = await readJson(request);
      const parse = context.vendor === 'openai' ? parseChatRequest : parseMessagesRequest;
      const raw = { body: body.ok ? body.value : undefined, headers: request.headers };
      await serveGeneration(context, body.ok ? parse(body.value) : body, raw, deps);
      return;
    }
    case 'POST /v1/messages/count_tokens': {
      const body = await readJson(request);
      const parsed = body.ok ? parseCountRequest(body.value) : body;
      if (!parsed.ok) context.sendFailure(parsed.failure);
      else if (!deps.models.find('anthropic', parsed.value.model)) {
        context.sendFailure({
          status: 404,
          kind: 'unknown_model',
          message: `model: ${parsed.value.model.slice(0, 100)}`,
          param: 'model',
        });
      } else context.sendJson(200, { input_tokens: deps.generator.countPrompt(parsed.value) });
      return;
    }
    case 'POST /v1/embeddings':
      await serveEmbeddings(context, await readJson(request), deps);
      return;
    default: {
      const origin = `http://${request.headers.host ?? '127.0.0.1'}`;
      const isServed =
        (await serveMessageBatches(request, context, endpoint, origin, deps)) ||
        (await serveOpenAiBatches(request, context, endpoint, deps)) ||
        (await serveFiles(request, context, endpoint, deps));
      if (isServed) return;
      request.resume();
      serveModels(context, endpoint, deps.models);
    }
  }
}

function serveModels(context: RequestContext, endpoint: string, models: ModelTable): void {
  const isOpenai = context.vendor === 'openai';
  if (endpoint === 'GET /v1/models') {
    const data = models.list(context.vendor).map(isOpenai ? openaiModel : anthropicModel);
    context.sendJson(
      200,
      isOpenai
        ? { object: 'list', data }
        : { data, has_more: false, first_id: data[0]?.['id'] ?? null, last_id: data.at(-1)?.['id'] ?? null },
    );
    return;
  }
  const id = /^GET \/v1\/models\/(.+)$/.exec(endpoint)?.[1];
  if (id === undefined) {
    context.sendFailure({ status: 404, kind: 'unknown_path', message: `Unknown request: ${endpoint.slice(0, 200)}.` });
    return;
  }
  const model = models.find(context.vendor, decode(id));
  if (model) context.sendJson(200, isOpenai ? openaiModel(model) : anthropicModel(model));
  else
    context.sendFailure({
      status: 404,
      kind: 'unknown_model',
      message: `The model '${decode(id).slice(0, 100)}' does not exist in the simulator.`,
      param: 'model',
    });
}

/** Both protocols share the paths for models and differ in the header that Anthropic requires. */
function vendorOf(request: IncomingMessage, path: string): Vendor {
  return path.startsWith('/v1/messages') || request.headers['anthropic-version'] !== undefined ? 'anthropic' : 'openai';
}

function refuseHeaders(request: IncomingMessage, context: RequestContext): WireFailure | undefined {
  if (context.owner === '') {
    const message =
      context.vendor === 'openai'
        ? "You didn't provide an API key; any key will do here."
        : 'x-api-key header is required';
    return { status: 401, kind: 'unauthenticated', message };
  }
  if (context.vendor === 'anthropic' && request.headers['anthropic-version'] === undefined) {
    return { status: 400, kind: 'invalid_request', message: 'anthropic-version: header is required' };
  }
  return undefined;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
