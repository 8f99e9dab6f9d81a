import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock, Logger, Secret } from '@pressroom/runtime';
import { z } from 'zod';
import type { CallLog } from '../calls/call-log.ts';
import type { FaultRegistry } from '../faults/fault-registry.ts';
import { FaultRule } from '../faults/fault-rule.ts';
import { readJson } from '../server/read-json.http.ts';
import { isAuthorized, UNAUTHORIZED } from './control-token.ts';

const FaultScript = z.union([
  z.array(FaultRule).max(1_000),
  z.strictObject({ rules: z.array(FaultRule).max(1_000) }),
  FaultRule,
]);

const Gullible = z.strictObject({ gullible: z.boolean() });

/**
 * Request handler of the control port: fault scripts, call log. The port is bound to loopback. Requests from web pages are
 * rejected (403), and every request needs `Authorization: Bearer <token>`, because other local users can connect too (401).
 */
export function createControlHandler(deps: {
  clock: Clock;
  log: Logger;
  token: Secret;
  faults: FaultRegistry;
  calls: CallLog;
  settleBatches: () => void;
  clearCache: () => void;
  gullible: { get: () => boolean; set: (isGullible: boolean) => void };
}): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    handle(request, deps)
      .catch((error: unknown): Answer => {
        deps.log.error({ err: error }, 'control.failed');
        return { status: 500, body: { error: 'the simulator failed' } };
      })
      .then(({ status, headers, body }) => {
        response.writeHead(status, {
          'content-type': 'application/json',
          'x-pressroom-simulated': 'true',
          ...headers,
        });
        response.end(body === undefined ? undefined : JSON.stringify(body));
      })
      .catch((error: unknown) => {
        deps.log.error({ err: error }, 'control.failed');
      });
  };
}

interface Answer {
  status: number;
  headers?: Readonly<Record<string, string>>;
  body?: unknown;
}

async function handle(
  request: IncomingMessage,
  { clock, token, faults, calls, settleBatches, clearCache, gullible }: Parameters<typeof createControlHandler>[0],
): Promise<Answer> {
  const url = new URL(request.url ?? '/', 'http://control');
  const host = (request.headers.host ?? '').replace(/:\d+$/, '');
  if (request.headers.origin !== undefined || !['127.0.0.1', 'localhost', '[::1]'].includes(host)) {
    request.resume();
    return { status: 403, body: { error: 'the control port accepts requests from local programs only' } };
  }
  if (!isAuthorized(request.headers.authorization, token)) {
    request.resume();
    return UNAUTHORIZED;
  }
  switch (`${request.method ?? 'GET'} ${url.pathname}`) {
    case 'GET /healthz':
      return { status: 200, body: { status: 'ok', simulated: true } };
    case 'GET /faults':
      return { status: 200, body: { rules: faults.list(clock.nowMs()) } };
    case 'POST /faults': {
      const body = await readJson(request);
      if (!body.ok) return { status: body.failure.status, body: { error: body.failure.message } };
      const script = FaultScript.safeParse(body.value);
      if (!script.success)
        return { status: 400, body: { error: 'not a list of fault rules', issues: script.error.issues } };
      const rules = Array.isArray(script.data)
        ? script.data
        : 'rules' in script.data
          ? script.data.rules
          : [script.data];
      return { status: 200, body: { rules: faults.add(rules, clock.nowMs()) } };
    }
    case 'DELETE /faults':
      faults.clear();
      return { status: 204 };
    case 'GET /calls': {
      settleBatches();
      const since = Number(url.searchParams.get('since') ?? 0);
      const limit = Number(url.searchParams.get('limit') ?? Infinity);
      const newer = calls.list().filter((call) => call.seq > since);
      return {
        status: 200,
        body: { calls: Number.isFinite(limit) ? newer.slice(0, limit) : newer, totals: calls.totals() },
      };
    }
    case 'DELETE /calls':
      calls.clear();
      return { status: 204 };
    case 'GET /gullible':
      return { status: 200, body: { gullible: gullible.get() } };
    case 'PUT /gullible': {
      const body = await readJson(request);
      const parsed = body.ok ? Gullible.safeParse(body.value) : undefined;
      if (parsed?.success !== true)
        return { status: 400, body: { error: 'expected {"gullible": true} or {"gullible": false}' } };
      gullible.set(parsed.data.gullible);
      return { status: 200, body: parsed.data };
    }
    case 'DELETE /prompt-cache':
      clearCache();
      return { status: 204 };
    default:
      request.resume();
      return { status: 404, body: { error: 'no such endpoint' } };
  }
}
