import type { AdmissionStore, TenantFacts } from '@pressroom/db';
import { errorMessage, type Clock, type Logger } from '@pressroom/runtime';
import {
  admitted,
  concluded,
  emptyWindow,
  isFull,
  readStarted,
  readEnded,
  type BacklogWindow,
} from './core/backlog-window.ts';

/** Age after which a tenant's settings and backlog are refreshed in the background. */
const FRESH_MS = 500;
/** Age after which a submission waits for the refresh. */
const STALE_MS = 1_000;
/** `Retry-After` of a full backlog: the end of a task cannot be predicted, and shorter intervals add load. */
const BACKLOG_RETRY_MS = 5_000;
const MAX_TENANTS = 10_000;

export type AdmissionOutcome =
  | {
      outcome: 'admitted';
      styleGuide: string | null;
      /** Must be called once after the submission, with its outcome. */
      conclude: (committed: boolean) => void;
    }
  /** `limit`: open tasks (`maxBacklog`), or submissions per minute (`rateLimitPerMinute`). */
  | { outcome: 'backlog_full' | 'rate_limited'; retryAfterMs: number; limit: number }
  | { outcome: 'storage_full'; usedBytes: number; limitBytes: number }
  | { outcome: 'unknown_tenant' };

/**
 * Decides whether a tenant may submit now. The backlog is read from the database at most twice a second per tenant, plus the
 * tasks that this coordinator has admitted since: one coordinator never exceeds the limit, several may by what the others
 * admit within half a second. The rate limit is a token bucket in the database, from which each coordinator takes half a
 * second's worth at a time; only tenants with a limit wait for it.
 */
export interface Admission {
  admit(tenantId: string): Promise<AdmissionOutcome>;
}

interface Entry {
  facts: TenantFacts;
  readAtMs: number;
  window: BacklogWindow;
  reading: Promise<void> | undefined;
  /** Tokens taken from the shared bucket and not used yet. */
  tokens: number;
  waiting: number;
  emptyUntilMs: number;
  taking: Promise<void> | undefined;
}

export function createAdmission(deps: {
  store: AdmissionStore;
  /** For tenants without a limit of their own. */
  maxStorageBytes: number;
  clock: Clock;
  log: Logger;
}): Admission {
  const { store, clock, log } = deps;
  const entries = new Map<string, Entry>();
  const opening = new Map<string, Promise<Entry | undefined>>();

  const open = (tenantId: string): Promise<Entry | undefined> => {
    const pending = opening.get(tenantId);
    if (pending) return pending;
    const opened = (async (): Promise<Entry | undefined> => {
      const facts = await store.facts(tenantId);
      if (!facts) return undefined;
      const entry: Entry = {
        facts,
        readAtMs: clock.monotonicMs(),
        window: emptyWindow(facts.openTasks),
        reading: undefined,
        tokens: 0,
        waiting: 0,
        emptyUntilMs: 0,
        taking: undefined,
      };
      entries.set(tenantId, entry);
      const oldest = entries.keys().next();
      if (entries.size > MAX_TENANTS && !oldest.done) entries.delete(oldest.value);
      return entry;
    })().finally(() => opening.delete(tenantId));
    opening.set(tenantId, opened);
    return opened;
  };

  const read = (tenantId: string, entry: Entry): Promise<void> =>
    (entry.reading ??= (async () => {
      entry.window = readStarted(entry.window);
      const startedMs = clock.monotonicMs();
      const facts = await store.facts(tenantId);
      if (!facts) {
        entries.delete(tenantId);
        return;
      }
      entry.window = readEnded(entry.window, facts.openTasks);
      entry.facts = facts;
      entry.readAtMs = startedMs;
    })().finally(() => {
      entry.reading = undefined;
    }));

  const entryOf = async (tenantId: string): Promise<Entry | undefined> => {
    const entry = entries.get(tenantId);
    if (!entry) return open(tenantId);
    const ageMs = clock.monotonicMs() - entry.readAtMs;
    if (ageMs > STALE_MS) {
      await read(tenantId, entry);
      return entries.get(tenantId);
    }
    if (ageMs > FRESH_MS) {
      read(tenantId, entry).catch((error: unknown) => {
        log.warn({ tenantId, reason: errorMessage(error) }, 'admission.read_failed');
      });
    }
    return entry;
  };

  /** Takes one token. Returns 0, or the milliseconds until the next token when the bucket is empty. */
  const takeToken = async (tenantId: string, entry: Entry, ratePerMinute: number): Promise<number> => {
    const halfSecond = Math.ceil(ratePerMinute / 120);
    entry.waiting += 1;
    try {
      for (;;) {
        if (entry.tokens > 0) {
          entry.tokens -= 1;
          return 0;
        }
        const waitMs = entry.emptyUntilMs - clock.monotonicMs();
        if (waitMs > 0) return waitMs;
        entry.taking ??= store
          .takeSubmissions(tenantId, Math.max(halfSecond, entry.waiting))
          .then(({ taken, waitMs: untilNextMs }) => {
            entry.tokens += taken;
            if (taken === 0) entry.emptyUntilMs = clock.monotonicMs() + Math.max(1, untilNextMs);
          })
          .finally(() => {
            entry.taking = undefined;
          });
        await entry.taking;
      }
    } finally {
      entry.waiting -= 1;
    }
  };

  return {
    async admit(tenantId) {
      const entry = await entryOf(tenantId);
      if (!entry) return { outcome: 'unknown_tenant' };
      const { maxBacklog, rateLimitPerMinute, styleGuide, storedBytes } = entry.facts;
      const limitBytes = entry.facts.maxStorageBytes ?? deps.maxStorageBytes;
      if (storedBytes >= limitBytes) return { outcome: 'storage_full', usedBytes: storedBytes, limitBytes };
      if (isFull(entry.window, maxBacklog)) {
        return { outcome: 'backlog_full', retryAfterMs: BACKLOG_RETRY_MS, limit: maxBacklog };
      }
      // Counts the submission before the first await, so that concurrent ones cannot get the same place.
      entry.window = admitted(entry.window);
      const conclude = (committed: boolean): void => {
        entry.window = concluded(entry.window, committed);
      };
      if (rateLimitPerMinute === null) return { outcome: 'admitted', styleGuide, conclude };
      try {
        const waitMs = await takeToken(tenantId, entry, rateLimitPerMinute);
        if (waitMs === 0) return { outcome: 'admitted', styleGuide, conclude };
        conclude(false);
        return { outcome: 'rate_limited', retryAfterMs: waitMs, limit: rateLimitPerMinute };
      } catch (error) {
        conclude(false);
        throw error;
      }
    },
  };
}
