import type { IncomingMessage } from 'node:http';
import type { Clock } from '@pressroom/runtime';
import { fail, type Parsed } from '../core/wire/wire-failure.ts';
import type { RequestContext } from './request-context.http.ts';
import type { FileStore, StoredFile } from './file-store.ts';
import { readBody } from './read-json.http.ts';

/** OpenAI's files endpoints: input and output of batches. Returns whether the endpoint is one of them. */
export async function serveFiles(
  request: IncomingMessage,
  context: RequestContext,
  endpoint: string,
  deps: { clock: Clock; files: FileStore },
): Promise<boolean> {
  const [, method, id, part] = /^(GET|POST|DELETE) \/v1\/files(?:\/([\w-]+))?(\/content)?$/.exec(endpoint) ?? [];
  if (method === undefined || context.vendor !== 'openai') return false;
  if (method === 'POST' && id === undefined) {
    const upload = await readUpload(request);
    if (upload.ok) {
      const file = { ...upload.value, owner: context.owner, createdAtMs: deps.clock.nowMs() };
      context.sendJson(200, openaiFile(deps.files.add(file)));
    } else context.sendFailure(upload.failure);
    return true;
  }
  request.resume();
  const file = deps.files.find(context.owner, id ?? '');
  if (!file) {
    context.sendFailure({
      status: 404,
      kind: 'unknown_path',
      message: `No such File object: ${(id ?? '').slice(0, 60)}`,
    });
  } else if (method === 'DELETE') {
    deps.files.remove(context.owner, file.id);
    context.sendJson(200, { id: file.id, object: 'file', deleted: true });
  } else if (part !== undefined) context.sendText(200, 'application/octet-stream', file.content);
  else context.sendJson(200, openaiFile(file));
  return true;
}

async function readUpload(
  request: IncomingMessage,
): Promise<Parsed<{ filename: string; purpose: string; content: string }>> {
  const body = await readBody(request);
  if (!body.ok) return body;
  const refused = fail({
    status: 400,
    kind: 'invalid_request',
    message: 'a file and its purpose are expected as multipart/form-data',
    param: 'file',
  });
  try {
    const headers = { 'content-type': request.headers['content-type'] ?? '' };
    // Fetch's parser holds all parts in memory, which is fine here.
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    const form = await new Response(new Uint8Array(body.value), { headers }).formData();
    const [file, purpose] = [form.get('file'), form.get('purpose')];
    if (!(file instanceof File) || typeof purpose !== 'string') return refused;
    return { ok: true, value: { filename: file.name, purpose, content: await file.text() } };
  } catch {
    return refused;
  }
}

function openaiFile({ id, filename, purpose, content, createdAtMs }: StoredFile): Record<string, unknown> {
  return {
    id,
    object: 'file',
    bytes: Buffer.byteLength(content),
    created_at: Math.floor(createdAtMs / 1_000),
    expires_at: null,
    filename,
    purpose,
    status: 'processed',
    status_details: null,
  };
}
