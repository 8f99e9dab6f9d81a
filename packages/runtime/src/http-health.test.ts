import { afterEach, describe, expect, it } from 'vitest';

import { startHealthServer, type HealthCheck, type HealthServer } from './http-health.ts';
import { createMetrics } from './metrics.ts';
import { findFreePort } from './tcp-port.ts';

let server: HealthServer | undefined;
afterEach(() => server?.close());

async function start(overrides: { live?: () => boolean; ready?: () => Promise<HealthCheck[]> } = {}) {
  const metrics = createMetrics('t', { processMetrics: false });
  metrics.counter('ticks_total', 'Ticks').inc();
  server = await startHealthServer({
    port: await findFreePort(),
    host: '127.0.0.1',
    live: overrides.live ?? (() => true),
    ready: overrides.ready ?? (() => Promise.resolve([{ name: 'postgres', ok: true }])),
    metrics,
  });
  return (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${server?.port ?? 0}${path}`, init);
}

describe('health server', () => {
  it('returns 200 while the process is alive and its dependencies are ready', async () => {
    const get = await start();
    expect((await get('/healthz')).status).toBe(200);
    const ready = await get('/readyz?verbose');
    expect(ready.status).toBe(200);
    expect(await ready.json()).toEqual({ status: 'ok', checks: [{ name: 'postgres', ok: true }] });
  });

  it('returns 503 when the process has stalled', async () => {
    const get = await start({ live: () => false });
    expect((await get('/healthz')).status).toBe(503);
  });

  it('returns 503 and names the dependency that is not ready', async () => {
    const get = await start({ ready: () => Promise.resolve([{ name: 'redis', ok: false, detail: 'no answer' }]) });
    const response = await get('/readyz');
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ checks: [{ name: 'redis', ok: false }] });
  });

  it('returns 503 when the checks throw', async () => {
    const get = await start({ ready: () => Promise.reject(new Error('canary')) });
    const response = await get('/readyz');
    expect(response.status).toBe(503);
    expect(await response.text()).not.toContain('canary');
  });

  it('serves metrics', async () => {
    const get = await start();
    expect(await (await get('/metrics')).text()).toContain('t_ticks_total 1');
  });

  it('returns 404 for other paths', async () => {
    const get = await start();
    expect((await get('/')).status).toBe(404);
    expect((await get('/healthz', { method: 'POST' })).status).toBe(405);
  });

  it('is disabled on port 0', async () => {
    const off = await startHealthServer({
      port: 0,
      host: '127.0.0.1',
      live: () => true,
      ready: () => Promise.resolve([]),
      metrics: createMetrics('t', { processMetrics: false }),
    });
    expect(off.port).toBeUndefined();
    await off.close();
  });

  it('rejects when the port is in use', async () => {
    await start();
    await expect(
      startHealthServer({
        port: server?.port ?? 0,
        host: '127.0.0.1',
        live: () => true,
        ready: () => Promise.resolve([]),
        metrics: createMetrics('t', { processMetrics: false }),
      }),
    ).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});
