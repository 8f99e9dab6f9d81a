import { createFairSlots, type Metrics } from '@pressroom/runtime';

import { SMALL_BODY_BYTES, type RequestLimits } from '../core/request-limits.ts';
import { createUsageMeter, type LimitScope, type UsageMeter } from '../core/usage-meter.ts';
import { RequestError } from '../errors/request-error.ts';
import type { Principal } from '../ports.ts';

type Resource = 'openRequests' | 'openStreams' | 'bodyBytes' | 'replyBytes';

/** What one request uses of its tenant's and its key's share. Everything is given back by `end`. */
export interface InFlightRequest {
  /** @throws {RequestError} CONCURRENCY_LIMITED */
  reserveBody(bytes: number): void;
  /** As `reserveBody`, but answers whether there was room. */
  tryReserveBody(bytes: number): boolean;
  releaseBody(bytes: number): void;
  /** @throws {RequestError} CONCURRENCY_LIMITED */
  reserveReply(bytes: number): void;
  /**
   * Counts an event stream, which outlives `end`, until the returned function is called.
   *
   * @throws {RequestError} CONCURRENCY_LIMITED
   */
  openStream(): () => void;
  /** What `reserveReply` has counted. */
  readonly heldReplyBytes: number;
  /** Waits until it is the tenant's turn to have a request worked on. The returned function ends it. */
  acquireSlot(kind: 'read' | 'write'): Promise<() => void>;
  /**
   * Waits for the right to use the event loop for some milliseconds, up to the next await. One request has it in a turn of
   * the loop, tenants one after the other, so that many large bodies at once delay others by one of them.
   */
  takeTurn(): Promise<void>;
  /** Idempotent. */
  end(): void;
}

export interface InFlightLimits {
  /** @throws {RequestError} CONCURRENCY_LIMITED when the tenant, the key or the process has too many open requests */
  begin(principal: Principal): InFlightRequest;
  readonly limits: RequestLimits;
}

const NOUNS: Readonly<Record<Resource, string>> = {
  openRequests: 'open requests',
  openStreams: 'open event streams',
  bodyBytes: 'bytes of request bodies in flight',
  replyBytes: 'bytes of replies that were not read yet',
};
const ADVICE: Readonly<Record<Resource, string>> = {
  openRequests: 'send fewer requests at once',
  openStreams: 'close streams that have no reader',
  bodyBytes: 'send smaller bodies, or fewer at once',
  replyBytes: 'read the replies to earlier requests first',
};
const OWNERS: Readonly<Record<LimitScope, string>> = {
  process: 'this coordinator',
  tenant: 'the tenant',
  key: 'the key',
};
const RETRY_AFTER_MS = 1_000;

/** Bounds what tenants and keys use of one process at once; another tenant's share is never touched. */
export function createInFlightLimits(limits: RequestLimits, metrics: Metrics): InFlightLimits {
  const meters: Readonly<Record<Resource, UsageMeter>> = {
    openRequests: createUsageMeter(limits.openRequests),
    openStreams: createUsageMeter(limits.openStreams),
    bodyBytes: createUsageMeter(limits.bodyBytes, SMALL_BODY_BYTES),
    replyBytes: createUsageMeter(limits.replyBytes, SMALL_BODY_BYTES),
  };
  const slots = {
    read: createFairSlots(limits.activeReads),
    write: createFairSlots(limits.activeRequests),
  };
  const turns = createFairSlots({ process: 1, tenant: 1 });
  const inUse = metrics.gauge('http_in_flight', 'What open requests use now', ['kind']);
  const refusals = metrics.counter('http_limit_refusals_total', 'Requests refused with 429, by limit', [
    'kind',
    'reason',
  ]);
  exportLimits(limits, metrics);

  const show = (resource: Resource): void => {
    inUse.set({ kind: resource }, meters[resource].total);
  };
  const add = (resource: Resource, principal: Principal, amount: number): LimitScope | undefined => {
    const exceeded = meters[resource].add(principal, amount);
    if (exceeded === undefined) show(resource);
    return exceeded;
  };
  const mustAdd = (resource: Resource, principal: Principal, amount: number): void => {
    const scope = add(resource, principal, amount);
    if (scope === undefined) return;
    refusals.inc({ kind: resource, reason: scope });
    throw limitExceeded(resource, scope, limits[resource][scope]);
  };

  return {
    limits,
    begin(principal) {
      mustAdd('openRequests', principal, 1);
      const used = { openRequests: 1, bodyBytes: 0, replyBytes: 0 };
      let isEnded = false;
      return {
        reserveBody(bytes) {
          mustAdd('bodyBytes', principal, bytes);
          used.bodyBytes += bytes;
        },
        tryReserveBody(bytes) {
          if (isEnded || add('bodyBytes', principal, bytes) !== undefined) return false;
          used.bodyBytes += bytes;
          return true;
        },
        releaseBody(bytes) {
          if (isEnded) return;
          used.bodyBytes -= bytes;
          meters.bodyBytes.subtract(principal, bytes);
          show('bodyBytes');
        },
        reserveReply(bytes) {
          mustAdd('replyBytes', principal, bytes);
          used.replyBytes += bytes;
        },
        openStream() {
          mustAdd('openStreams', principal, 1);
          let isOpen = true;
          return () => {
            if (!isOpen) return;
            isOpen = false;
            meters.openStreams.subtract(principal, 1);
            show('openStreams');
          };
        },
        get heldReplyBytes() {
          return used.replyBytes;
        },
        acquireSlot: (kind) => slots[kind].acquire(groupOf(principal)),
        async takeTurn() {
          const release = await turns.acquire(groupOf(principal));
          // What awaits this runs first; the next turn starts after the loop has looked at everything else.
          setImmediate(release);
        },
        end() {
          if (isEnded) return;
          isEnded = true;
          for (const resource of Object.keys(used) as (keyof typeof used)[]) {
            if (used[resource] > 0) meters[resource].subtract(principal, used[resource]);
            show(resource);
          }
        },
      };
    },
  };
}

const groupOf = ({ tenantId, keyId }: Principal): string => tenantId ?? keyId;

function limitExceeded(resource: Resource, scope: LimitScope, value: number): RequestError {
  return new RequestError(
    'CONCURRENCY_LIMITED',
    `${OWNERS[scope]} has reached its limit of ${value} ${NOUNS[resource]}: ${ADVICE[resource]}, then try again`,
    { retryAfterMs: RETRY_AFTER_MS, members: { limit: { name: resource, scope, value } } },
  );
}

function exportLimits(limits: RequestLimits, metrics: Metrics): void {
  const gauge = metrics.gauge('http_limit', 'Configured limits of this process', ['kind', 'reason']);
  const scoped = ['openRequests', 'openStreams', 'bodyBytes', 'replyBytes', 'activeRequests', 'activeReads'] as const;
  for (const resource of scoped) {
    for (const [scope, value] of Object.entries(limits[resource])) gauge.set({ kind: resource, reason: scope }, value);
  }
}
