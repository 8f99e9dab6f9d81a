import { randomFillSync } from 'node:crypto';

import { v7 } from 'uuid';

import { systemClock } from './clock.ts';

/** Random bytes are drawn for many ids at once, because a draw is the most expensive part of an id. */
const pool = Buffer.allocUnsafe(4_096);
const BYTES_PER_ID = 16;
let used = pool.length;
let lastMs = 0;
let sequence = 0;

/**
 * Creates a UUIDv7: sortable by creation time, generated in the application so that writes can be batched. Ids of one
 * process sort by creation, also within a millisecond and when the clock is set back (RFC 9562, section 6.2).
 */
export function newId(): string {
  if (used + BYTES_PER_ID > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const random = pool.subarray(used, used + BYTES_PER_ID);
  used += BYTES_PER_ID;
  const nowMs = systemClock.nowMs();
  if (nowMs > lastMs) {
    lastMs = nowMs;
    // Leaves half the range for counting up.
    sequence = random.readUInt32BE(6) >>> 1;
  } else {
    sequence += 1;
  }
  return v7({ msecs: lastMs, seq: sequence, random });
}
