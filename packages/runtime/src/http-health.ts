import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { bounded } from './bounded.ts';
import type { Metrics } from './metrics.ts';

export interface HealthCheck {
  name: string;
  ok: boolean;
  /** For operators; no addresses, no credentials. */
  detail?: string;
}

export interface HealthServer {
  /** The port it listens on, or undefined when disabled. */
  readonly port: number | undefined;
  close(): Promise<void>;
}

const READY_TIMEOUT_MS = 2_000;

/**
 * Serves the probes of a process without an API: `/healthz` (the process is alive and makes progress), `/readyz` (its
 * dependencies are ready), `/metrics`.
 *
 * @param options.port 0 disables it
 * @param options.ready bounded to 2 s; a rejection counts as not ready
 * @throws the error that prevents listening, e.g. `EADDRINUSE`
 */
export async function startHealthServer(options: {
  port: number;
  host: string;
  live: () => boolean;
  ready: () => Promise<HealthCheck[]>;
  metrics: Metrics;
}): Promise<HealthServer> {
  if (options.port === 0) return { port: undefined, close: () => Promise.resolve() };

  const routes: Record<string, (response: ServerResponse) => Promise<void> | void> = {
    '/healthz': (response) => {
      const ok = options.live();
      reply(response, ok ? 200 : 503, { status: ok ? 'ok' : 'stalled' });
    },
    '/readyz': async (response) => {
      const checks = await bounded(options.ready(), READY_TIMEOUT_MS, () => new Error('timed out')).catch(
        (): HealthCheck[] => [{ name: 'checks', ok: false, detail: 'the checks timed out' }],
      );
      const ok = checks.every((check) => check.ok);
      reply(response, ok ? 200 : 503, { status: ok ? 'ok' : 'not ready', checks });
    },
    '/metrics': async (response) => {
      const { contentType, text } = await options.metrics.serve();
      response.writeHead(200, { 'content-type': contentType }).end(text);
    },
  };

  const server = createServer((request, response) => {
    const route = routes[(request.url ?? '').split('?', 1)[0] ?? ''];
    if (route === undefined) reply(response, 404, { status: 'not found' });
    else if (request.method !== 'GET' && request.method !== 'HEAD')
      reply(response, 405, { status: 'method not allowed' });
    else {
      Promise.resolve(route(response)).catch(() => {
        if (!response.headersSent) reply(response, 500, { status: 'failed' });
        else response.destroy();
      });
    }
  });
  await listen(server, options.port, options.host);
  // Probes must not keep a finished process alive.
  server.unref();
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
}
