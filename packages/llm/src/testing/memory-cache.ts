import type { Clock } from '@pressroom/runtime';
import type { JournaledReply, ReplyCache, ReplyCacheKey } from '../ports.ts';

export interface MemoryCache extends ReplyCache {
  /** What has been kept, oldest first, whether or not its time is over. */
  readonly saved: (ReplyCacheKey & { taskId: string; reply: JournaledReply; ttlMs: number })[];
  /** Makes every use fail. */
  isDown: boolean;
}

/** A reply cache in memory, with the same outcomes as the database. */
export function createMemoryCache(clock: Clock): MemoryCache {
  const entries = new Map<string, { reply: JournaledReply; untilMs: number }>();
  const nameOf = ({ tenantId, scope, key }: ReplyCacheKey): string => JSON.stringify([tenantId, scope, key]);
  const cache: MemoryCache = {
    saved: [],
    isDown: false,
    async find(key) {
      await Promise.resolve();
      if (cache.isDown) throw new Error('the cache is away');
      const entry = entries.get(nameOf(key));
      return entry && entry.untilMs > clock.nowMs() ? entry.reply : undefined;
    },
    async save(entry) {
      await Promise.resolve();
      if (cache.isDown) throw new Error('the cache is away');
      cache.saved.push(entry);
      entries.set(nameOf(entry), { reply: entry.reply, untilMs: clock.nowMs() + entry.ttlMs });
    },
  };
  return cache;
}
