import { describe, expect, it } from 'vitest';
import { createCallLog, NOTHING_BILLED, type CallRecord } from './call-log.ts';

const aCall = (overrides: Partial<CallRecord> = {}): Omit<CallRecord, 'seq'> => ({
  clientRequestId: null,
  requestId: 'req',
  vendor: 'openai',
  path: '/v1/chat/completions',
  model: 'gpt-6-luna',
  tier: 'T1',
  purpose: 'text',
  stream: false,
  startedAt: '2026-01-01T00:00:00.000Z',
  finishedAt: '2026-01-01T00:00:00.000Z',
  status: 200,
  outcome: 'ok',
  clientAborted: false,
  faults: [],
  usage: null,
  billed: { ...NOTHING_BILLED, uncachedInput: 10, output: 5 },
  ...overrides,
});

describe('createCallLog', () => {
  it('keeps only the newest calls but counts all', () => {
    const log = createCallLog(10);
    for (let count = 0; count < 100; count += 1) log.record(aCall());
    expect(log.list().map((call) => call.seq)).toEqual([91, 92, 93, 94, 95, 96, 97, 98, 99, 100]);
    expect(log.totals().all).toMatchObject({ calls: 100, ok: 100, billed: { uncachedInput: 1_000, output: 500 } });
  });

  it('counts per model', () => {
    const log = createCallLog();
    log.record(aCall());
    log.record(aCall({ model: 'gpt-6-sol', outcome: 'aborted', clientAborted: true }));
    expect(log.totals().byModel).toMatchObject({
      'gpt-6-luna': { ok: 1 },
      'gpt-6-sol': { failed: 1, clientAborted: 1 },
    });
  });

  it('starts from zero when cleared, but never repeats a sequence number', () => {
    const log = createCallLog();
    log.record(aCall());
    log.clear();
    log.record(aCall());
    expect(log.list().map((call) => call.seq)).toEqual([2]);
    expect(log.totals().all.calls).toBe(1);
  });
});
