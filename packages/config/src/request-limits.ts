import { z } from 'zod';

const KIB = 1_024;
const MIB = 1_024 * KIB;

const Amount = z
  .int()
  .min(1)
  .max(2 ** 40);
const ScopedLimit = (defaults: { process: number; tenant: number; key: number }) =>
  z
    .strictObject({
      process: Amount.default(defaults.process),
      tenant: Amount.default(defaults.tenant),
      key: Amount.default(defaults.key),
    })
    .prefault({});

/** Section `limits` of `PRESSROOM_CONFIG`: what one coordinator process grants to all, to one tenant and to one key. */
export const RequestLimits = z
  .strictObject({
    /** Requests that are open at once, from their key to the end of their reply. Event streams do not count. */
    openRequests: ScopedLimit({ process: 4_096, tenant: 1_024, key: 512 }),
    /** Event streams that are open at once. */
    openStreams: ScopedLimit({ process: 5_000, tenant: 1_000, key: 500 }),
    /** Bytes of request bodies that are being received or worked on. */
    bodyBytes: ScopedLimit({ process: 128 * MIB, tenant: 48 * MIB, key: 32 * MIB }),
    /** Bytes of replies that their readers have not taken yet. */
    replyBytes: ScopedLimit({ process: 256 * MIB, tenant: 64 * MIB, key: 32 * MIB }),
    /** Requests that are worked on at once; others wait, served in turn by tenant. */
    activeRequests: z
      .strictObject({
        process: z.int().min(1).max(100_000).default(128),
        tenant: z.int().min(1).max(100_000).default(64),
      })
      .prefault({}),
    /** As `activeRequests`, for those that only read: a tenant takes half of the connections that reads have. */
    activeReads: z
      .strictObject({
        process: z.int().min(1).max(100_000).default(16),
        tenant: z.int().min(1).max(100_000).default(4),
      })
      .prefault({}),
    /** Schedules of one tenant. */
    schedulesPerTenant: z.int().min(0).max(1_000_000).default(1_000),
    /** A connection that has not sent its headers by then is closed. */
    headersTimeoutMs: z.int().min(100).max(600_000).default(10_000),
    /** A request that has not been received by then is refused with 408. */
    requestTimeoutMs: z.int().min(100).max(3_600_000).default(30_000),
    /** A reply of which nothing was taken for this long is cut. */
    replyStallMs: z.int().min(100).max(600_000).default(30_000),
    /** Connections of one process; further ones are closed at once. */
    connections: z.int().min(1).max(1_000_000).default(16_384),
  })
  .prefault({});
export type RequestLimits = z.output<typeof RequestLimits>;
