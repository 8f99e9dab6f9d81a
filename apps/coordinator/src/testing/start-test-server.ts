import { findPipeline, listPipelines } from '@pressroom/pipelines';
import { createLogger, createMetrics, silentLogger, systemClock } from '@pressroom/runtime';

import { createApp, type AppDeps } from '../app.ts';
import { createEventHub } from '../events/event-hub.ts';
import { startHttpServer } from '../http-server.ts';
import type { Principal } from '../ports.ts';
import { createResultRenderer } from '../rendering/result-renderer.ts';
import { createFakeRenderings, createFakeStores, DEFAULT_TENANT, OTHER_TENANT } from './fake-stores.ts';

/** One key of each role, and one of another tenant; the secret is the name followed by `-key`. */
const PRINCIPALS = {
  admin: { role: 'admin', tenantId: null },
  monitor: { role: 'monitor', tenantId: null },
  submit: { role: 'submit', tenantId: DEFAULT_TENANT },
  operate: { role: 'operate', tenantId: DEFAULT_TENANT },
  view: { role: 'view', tenantId: DEFAULT_TENANT },
  stranger: { role: 'operate', tenantId: OTHER_TENANT },
} as const satisfies Record<string, Omit<Principal, 'keyId'>>;
export type TestCaller = keyof typeof PRINCIPALS;

export interface CallOptions {
  /** Who calls; null sends no key. Default `operate`. */
  as?: TestCaller | null;
  method?: string;
  headers?: Record<string, string>;
  /** Sent as JSON. */
  json?: unknown;
  /** Sent as it is. */
  body?: NonNullable<RequestInit['body']>;
  signal?: AbortSignal;
  /** Needed for a body that is a stream. */
  duplex?: 'half';
}

export const secretOf = (caller: TestCaller): string => `${caller}-key`;

/** A whole coordinator on a port of the system's choice, over fake stores. Close it after the test. */
export async function startTestServer(overrides: Partial<AppDeps> & { pollIntervalMs?: number } = {}) {
  const stores = createFakeStores();
  for (const [caller, principal] of Object.entries(PRINCIPALS)) {
    stores.addKey(`${caller}-key`, { keyId: caller, ...principal });
  }
  const logLines: string[] = [];
  const log = createLogger({ name: 'test', destination: { write: (line: string) => void logLines.push(line) } });
  const events = createEventHub({
    feed: stores.ports.feed,
    clock: systemClock,
    log: silentLogger(),
    pollIntervalMs: overrides.pollIntervalMs ?? 10,
  });
  const renderer = createResultRenderer({ store: createFakeRenderings(), findPipeline, log: silentLogger() });
  const app = createApp({
    ...stores.ports,
    pipelines: { list: listPipelines, find: findPipeline },
    renderer,
    events,
    metrics: createMetrics('pressroom', { processMetrics: false }),
    clock: systemClock,
    log,
    version: '0.0.0-test',
    isDraining: () => false,
    storeTimeoutMs: 100,
    ...overrides,
  });
  const server = await startHttpServer({
    listener: app,
    host: '127.0.0.1',
    port: 0,
    clock: systemClock,
    ...(overrides.limits && { limits: overrides.limits }),
  });

  const call = (path: string, options: CallOptions = {}): Promise<Response> => {
    const { as = 'operate', json, headers, ...init } = options;
    return fetch(`${server.url}${path}`, {
      ...init,
      ...(json !== undefined && { body: JSON.stringify(json) }),
      headers: {
        ...(as !== null && { Authorization: `Bearer ${secretOf(as)}` }),
        ...(json !== undefined && { 'Content-Type': 'application/json' }),
        ...headers,
      },
    });
  };

  return {
    stores,
    events,
    call,
    url: server.url,
    logLines,
    /** Submits the smallest task and answers its id. */
    async submit(as: TestCaller = 'operate'): Promise<string> {
      const response = await call('/v1/tasks', { as, method: 'POST', json: A_TASK });
      return ((await response.json()) as { id: string }).id;
    },
    async close() {
      events.close();
      await renderer.close();
      await server.close(50);
    },
  };
}

export type TestServer = Awaited<ReturnType<typeof startTestServer>>;

/** The smallest valid submission. */
export const A_TASK = { type: 'article', input: { topic: 'The history of lighthouses' } } as const;
