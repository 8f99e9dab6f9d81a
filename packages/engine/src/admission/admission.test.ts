import type { AdmissionStore, TenantFacts } from '@pressroom/db';
import { silentLogger } from '@pressroom/runtime';
import { createTestClock } from '@pressroom/testkit';
import { describe, expect, it } from 'vitest';
import { createAdmission, type AdmissionOutcome } from './admission.ts';

const TENANT = 'tenant-1';

function start(facts: Partial<TenantFacts> = {}) {
  const clock = createTestClock();
  const state = {
    facts: {
      openTasks: 0,
      maxBacklog: 100,
      rateLimitPerMinute: null,
      styleGuide: null,
      storedBytes: 0,
      maxStorageBytes: null,
      ...facts,
    } as TenantFacts | undefined,
    bucket: 0,
    reads: 0,
    takes: 0,
    fails: false,
  };
  const store: AdmissionStore = {
    facts: () => {
      state.reads += 1;
      if (state.fails) return Promise.reject(new Error('unavailable'));
      return Promise.resolve(state.facts && { ...state.facts });
    },
    takeSubmissions: (_tenantId, want) => {
      state.takes += 1;
      const taken = Math.min(state.bucket, want);
      state.bucket -= taken;
      return Promise.resolve({ taken, waitMs: 400 });
    },
  };
  return { admission: createAdmission({ store, maxStorageBytes: 1_000, clock, log: silentLogger() }), clock, state };
}

const conclude = (outcome: AdmissionOutcome, committed: boolean): void => {
  if (outcome.outcome === 'admitted') outcome.conclude(committed);
};

describe('admission', () => {
  it('admits a tenant up to its backlog, including its own recent admissions', async () => {
    const { admission, state } = start({ openTasks: 8, maxBacklog: 10 });
    const outcomes = await Promise.all(Array.from({ length: 4 }, () => admission.admit(TENANT)));
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['admitted', 'admitted', 'backlog_full', 'backlog_full']);
    expect(state.reads).toBe(1);
  });

  it('rejects a tenant at its storage limit, with the used and allowed bytes', async () => {
    const full = { outcome: 'storage_full', usedBytes: 1_000, limitBytes: 1_000 };
    expect(await start({ storedBytes: 1_000 }).admission.admit(TENANT)).toEqual(full);
    expect(await start({ storedBytes: 999 }).admission.admit(TENANT)).toMatchObject({ outcome: 'admitted' });
    const own = { storedBytes: 1_000, maxStorageBytes: 2_000 };
    expect(await start(own).admission.admit(TENANT)).toMatchObject({ outcome: 'admitted' });
    expect(await start({ ...own, maxStorageBytes: 0 }).admission.admit(TENANT)).toMatchObject({ limitBytes: 0 });
  });

  it('releases the place of a submission that was not committed', async () => {
    const { admission } = start({ openTasks: 9, maxBacklog: 10 });
    conclude(await admission.admit(TENANT), false);
    expect(await admission.admit(TENANT)).toMatchObject({ outcome: 'admitted' });
  });

  it('admits again within half a second after tasks have ended', async () => {
    const { admission, clock, state } = start({ openTasks: 10, maxBacklog: 10 });
    expect(await admission.admit(TENANT)).toMatchObject({ outcome: 'backlog_full', retryAfterMs: 5_000 });
    if (state.facts) state.facts.openTasks = 3;
    await clock.advance(501);
    await admission.admit(TENANT);
    expect(await admission.admit(TENANT)).toMatchObject({ outcome: 'admitted' });
  });

  it('reads at most twice a second, and in the background while the last read is recent', async () => {
    const { admission, clock, state } = start();
    for (let n = 0; n < 20; n += 1) {
      conclude(await admission.admit(TENANT), true);
      await clock.advance(100);
    }
    expect(state.reads).toBeLessThanOrEqual(5);
  });

  it('uses the last read for a second when a read fails', async () => {
    const { admission, clock, state } = start();
    await admission.admit(TENANT);
    state.fails = true;
    await clock.advance(600);
    expect(await admission.admit(TENANT)).toMatchObject({ outcome: 'admitted' });
    await clock.advance(600);
    await expect(admission.admit(TENANT)).rejects.toThrow('unavailable');
  });

  it('returns the tenant’s style guide', async () => {
    const { admission } = start({ styleGuide: 'Say people.' });
    expect(await admission.admit(TENANT)).toMatchObject({ styleGuide: 'Say people.' });
  });

  it('rejects an unknown tenant, also one that was deleted since', async () => {
    const { admission, clock, state } = start();
    await admission.admit(TENANT);
    state.facts = undefined;
    await clock.advance(1_100);
    expect(await admission.admit(TENANT)).toEqual({ outcome: 'unknown_tenant' });
  });

  describe('of a tenant with a rate', () => {
    it('takes many tokens from the shared bucket at a time', async () => {
      const { admission, state } = start({ rateLimitPerMinute: 1_200 });
      state.bucket = 15;
      const outcomes = await Promise.all(Array.from({ length: 12 }, () => admission.admit(TENANT)));
      expect(outcomes.every(({ outcome }) => outcome === 'admitted')).toBe(true);
      expect(state.takes).toBeLessThanOrEqual(3);
    });

    it('rejects with the time to wait when the bucket is empty, without further reads until then', async () => {
      const { admission, clock, state } = start({ rateLimitPerMinute: 60 });
      state.bucket = 1;
      expect(await admission.admit(TENANT)).toMatchObject({ outcome: 'admitted' });
      expect(await admission.admit(TENANT)).toMatchObject({
        outcome: 'rate_limited',
        retryAfterMs: 400,
        limit: expect.any(Number) as number,
      });
      const { takes } = state;
      await clock.advance(100);
      expect(await admission.admit(TENANT)).toMatchObject({
        outcome: 'rate_limited',
        retryAfterMs: 300,
        limit: expect.any(Number) as number,
      });
      expect(state.takes).toBe(takes);
      state.bucket = 1;
      await clock.advance(300);
      expect(await admission.admit(TENANT)).toMatchObject({ outcome: 'admitted' });
    });

    it('uses no place in the backlog for a rejected submission', async () => {
      const { admission, state } = start({ rateLimitPerMinute: 60, maxBacklog: 1 });
      expect(await admission.admit(TENANT)).toMatchObject({ outcome: 'rate_limited' });
      state.bucket = 1;
      if (state.facts) state.facts.rateLimitPerMinute = null;
      expect(await admission.admit(TENANT)).not.toMatchObject({ outcome: 'backlog_full' });
    });
  });
});
