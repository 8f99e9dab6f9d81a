import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CallRecord } from '../src/index.ts';
import { fetchControl, startBench, type Bench } from './fixtures/clients.ts';

describe('the control port', () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await startBench();
  });
  beforeEach(async () => {
    await control('/calls', { method: 'DELETE' });
    await control('/faults', { method: 'DELETE' });
  });
  afterAll(() => bench.simulator.close());

  const control = (path: string, init?: RequestInit): Promise<Response> => fetchControl(bench, path, init);
  const call = () =>
    bench.openai.chat.completions.create({ model: 'gpt-6-luna', messages: [{ role: 'user', content: 'Hi' }] });

  it('is well', async () => {
    expect(await (await control('/healthz')).json()).toEqual({ status: 'ok', simulated: true });
  });

  it('lists the calls with totals, optionally after a sequence number', async () => {
    await call();
    await call();
    const { calls, totals } = (await (await control('/calls')).json()) as {
      calls: CallRecord[];
      totals: { all: { calls: number } };
    };
    expect([calls.length, totals.all.calls]).toEqual([2, 2]);
    const later = (await (await control(`/calls?since=${calls[0]?.seq ?? 0}`)).json()) as { calls: CallRecord[] };
    expect(later.calls.map((call) => call.seq)).toEqual([calls[1]?.seq]);
  });

  it('accepts a list of rules, reports how often they were applied, and deletes them', async () => {
    const rules = [{ match: { model: 'gpt-*' }, effect: { kind: 'status', status: 500 }, times: 5 }];
    expect((await control('/faults', { method: 'POST', body: JSON.stringify(rules) })).status).toBe(200);
    await expect(call()).rejects.toThrow();
    expect(await (await control('/faults')).json()).toMatchObject({ rules: [{ hits: 1 }] });
    expect((await control('/faults', { method: 'DELETE' })).status).toBe(204);
    await expect(call()).resolves.toBeDefined();
  });

  it('rejects an invalid script as a whole', async () => {
    const rules = [{ effect: { kind: 'hang' } }, { effect: { kind: 'explode' } }];
    expect((await control('/faults', { method: 'POST', body: JSON.stringify(rules) })).status).toBe(400);
    expect(bench.simulator.calls()).toEqual([]);
    await expect(call()).resolves.toBeDefined();
  });

  it('rejects requests from web pages', async () => {
    expect((await control('/calls', { headers: { origin: 'http://evil.example' } })).status).toBe(403);
  });

  it.each([
    ['GET', '/healthz'],
    ['GET', '/calls'],
    ['DELETE', '/calls'],
    ['GET', '/faults'],
    ['POST', '/faults'],
    ['DELETE', '/faults'],
    ['GET', '/gullible'],
    ['PUT', '/gullible'],
    ['DELETE', '/prompt-cache'],
    ['GET', '/unknown'],
  ])('returns 401 to %s %s without the token, and names the header', async (method, path) => {
    const url = `${bench.simulator.controlUrl}${path}`;
    const token = bench.simulator.controlToken.reveal();
    const attempts = [undefined, 'Bearer', `Bearer ${token}x`, `Bearer ${token.slice(1)}`, `Basic ${token}`, token];
    for (const authorization of attempts) {
      const response = await fetch(url, { method, ...(authorization !== undefined && { headers: { authorization } }) });
      expect(response.status).toBe(401);
      expect(response.headers.get('content-type')).toBe('application/problem+json');
      const body = await response.text();
      expect(body).toContain('Authorization: Bearer');
      expect(body).not.toContain(token);
    }
    expect(bench.simulator.calls()).toEqual([]);
  });

  it('listens on loopback only', () => {
    expect(new URL(bench.simulator.controlUrl).hostname).toBe('127.0.0.1');
  });
});
