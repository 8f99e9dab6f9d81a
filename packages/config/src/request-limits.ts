import { z } from 'zod';

const KIB = 1_024;
const MIB = 1_024 * KIB;

const Amount = z
  .int()
  .min(1)
  .max(2 ** 40);
/** @param amount range of each limit; must allow what a single request needs */
const ScopedLimit = (defaults: { process: number; tenant: number; key: number }, amount: z.ZodInt = Amount) =>
  z
    .strictObject({
      process: amount.default(defaults.process),
      tenant: amount.default(defaults.tenant),
      key: amount.default(defaults.key),
    })
    .prefault({});
/** The largest body of a single task; a smaller limit would refuse every request that needs it. */
const LargestBody = z
  .int()
  .min(2 * MIB)
  .max(2 ** 40);

/** Section `limits` of `PRESSROOM_CONFIG`: limits of one coordinator process, in total, per tenant and per key. */
export const RequestLimits = z
  .strictObject({
    /** Open requests, from authentication to the end of the response. Excludes event streams. */
    openRequests: ScopedLimit({ process: 4_096, tenant: 1_024, key: 512 }),
    /** Open event streams. */
    openStreams: ScopedLimit({ process: 5_000, tenant: 1_000, key: 500 }),
    /** Bytes of request bodies being received or processed. */
    bodyBytes: ScopedLimit({ process: 128 * MIB, tenant: 48 * MIB, key: 32 * MIB }, LargestBody),
    /** Bytes of responses not yet read by their clients. */
    replyBytes: ScopedLimit({ process: 256 * MIB, tenant: 64 * MIB, key: 32 * MIB }),
    /** Concurrent requests; others wait, served in turn by tenant. */
    activeRequests: z
      .strictObject({
        process: z.int().min(1).max(100_000).default(128),
        tenant: z.int().min(1).max(100_000).default(64),
      })
      .prefault({}),
    /** Like `activeRequests`, for read requests: a tenant may use half of the connections for reads. */
    activeReads: z
      .strictObject({
        process: z.int().min(1).max(100_000).default(16),
        tenant: z.int().min(1).max(100_000).default(4),
      })
      .prefault({}),
    /** Schedules per tenant. */
    schedulesPerTenant: z.int().min(0).max(1_000_000).default(1_000),
    /** Time for a connection to send its headers before it is closed. */
    headersTimeoutMs: z.int().min(100).max(600_000).default(10_000),
    /** Time to receive a request before it is rejected with 408. */
    requestTimeoutMs: z.int().min(100).max(3_600_000).default(30_000),
    /** Time without progress after which a response is aborted. */
    replyStallMs: z.int().min(100).max(600_000).default(30_000),
    /** Connections per process; further ones are closed immediately. */
    connections: z.int().min(1).max(1_000_000).default(16_384),
  })
  .prefault({});
export type RequestLimits = z.output<typeof RequestLimits>;
