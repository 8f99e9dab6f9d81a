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
      if (state.fails) return Promise.reject(new Error('away'));
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
  it('lets a tenant in up to its backlog, counting what it has admitted itself', async () => {
    const { admission, state } = start({ openTasks: 8, maxBacklog: 10 });
    const outcomes = await Promise.all(Array.from({ length: 4 }, () => admission.admit(TENANT)));
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['admitted', 'admitted', 'backlog_full', 'backlog_full']);
    expect(state.reads).toBe(1);
  });

  it('refuses a tenant that stores as much as it may, and says how much that is', async () => {
    const full = { outcome: 'storage_full', usedBytes: 1_000, limitBytes: 1_000 };
    expect(await start({ storedBytes: 1_000 }).admission.admit(TENANT)).toEqual(full);
    expect(await start({ storedBytes: 999 }).admission.admit(TENANT)).toMatchObject({ outcome: 'admitted' });
    const own = { storedBytes: 1_000, maxStorageBytes: 2_000 };
    expect(await start(own).admission.admit(TENANT)).toMatchObject({ outcome: 'admitted' });
    expect(await start({ ...own, maxStorageBytes: 0 }).admission.admit(TENANT)).toMatchObject({ limitBytes: 0 });
  });

  it('gives a place back when the submission came to nothing', async () => {
    const { admission } = start({ openTasks: 9, maxBacklog: 10 });
    conclude(await admission.admit(TENANT), false);
    expect(await admission.admit(TENANT)).toMatchObject({ outcome: 'admitted' });
  });

  it('sees room within half a second after tasks have ended', async () => {
    const { admission, clock, state } = start({ openTasks: 10, maxBacklog: 10 });
    expect(await admission.admit(TENANT)).toMatchObject({ outcome: 'backlog_full', retryAfterMs: 5_000 });
    if (state.facts) state.facts.openTasks = 3;
    await clock.advance(501);
    await admission.admit(TENANT);
    expect(await admission.admit(TENANT)).toMatchObject({ outcome: 'admitted' });
  });

  it('reads twice a second at most, and makes nobody wait for it while its knowledge is fresh', async () => {
    const { admission, clock, state } = start();
    for (let n = 0; n < 20; n += 1) {
      conclude(await admission.admit(TENANT), true);
      await clock.advance(100);
    }
    expect(state.reads).toBeLessThanOrEqual(5);
  });

  it('goes on with what it knows when a read fails, but not for long', async () => {
    const { admission, clock, state } = start();
    await admission.admit(TENANT);
    state.fails = true;
    await clock.advance(600);
    expect(await admission.admit(TENANT)).toMatchObject({ outcome: 'admitted' });
    await clock.advance(600);
    await expect(admission.admit(TENANT)).rejects.toThrow('away');
  });

  it('hands the tenant’s style guide on', async () => {
    const { admission } = start({ styleGuide: 'Say people.' });
    expect(await admission.admit(TENANT)).toMatchObject({ styleGuide: 'Say people.' });
  });

  it('knows no tenant that does not exist, and forgets one that is gone', async () => {
    const { admission, clock, state } = start();
    await admission.admit(TENANT);
    state.facts = undefined;
    await clock.advance(1_100);
    expect(await admission.admit(TENANT)).toEqual({ outcome: 'unknown_tenant' });
  });

  describe('of a tenant with a rate', () => {
    it('takes submissions out of the shared bucket, many at a time', async () => {
      const { admission, state } = start({ rateLimitPerMinute: 1_200 });
      state.bucket = 15;
      const outcomes = await Promise.all(Array.from({ length: 12 }, () => admission.admit(TENANT)));
      expect(outcomes.every(({ outcome }) => outcome === 'admitted')).toBe(true);
      expect(state.takes).toBeLessThanOrEqual(3);
    });

    it('refuses with the time to wait once the bucket is empty, without asking again meanwhile', async () => {
      const { admission, clock, state } = start({ rateLimitPerMinute: 60 });
      state.bucket = 1;
      expect(await admission.admit(TENANT)).toMatchObject({ outcome: 'admitted' });
      expect(await admission.admit(TENANT)).toEqual({ outcome: 'rate_limited', retryAfterMs: 400 });
      const { takes } = state;
      await clock.advance(100);
      expect(await admission.admit(TENANT)).toEqual({ outcome: 'rate_limited', retryAfterMs: 300 });
      expect(state.takes).toBe(takes);
      state.bucket = 1;
      await clock.advance(300);
      expect(await admission.admit(TENANT)).toMatchObject({ outcome: 'admitted' });
    });

    it('takes no place in the backlog for what it refuses', async () => {
      const { admission, state } = start({ rateLimitPerMinute: 60, maxBacklog: 1 });
      expect(await admission.admit(TENANT)).toMatchObject({ outcome: 'rate_limited' });
      state.bucket = 1;
      if (state.facts) state.facts.rateLimitPerMinute = null;
      expect(await admission.admit(TENANT)).not.toMatchObject({ outcome: 'backlog_full' });
    });
  });
});
