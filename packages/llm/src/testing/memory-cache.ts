import type { Clock } from '@pressroom/runtime';
import type { JournaledReply, ReplyCache, ReplyCacheKey } from '../ports.ts';

export interface MemoryCache extends ReplyCache {
  /** Saved entries, oldest first, including expired ones. */
  readonly saved: (ReplyCacheKey & { taskId: string; reply: JournaledReply; ttlMs: number })[];
  /** Makes every operation fail. */
  isDown: boolean;
}

/** An in-memory reply cache with the semantics of the database. */
export function createMemoryCache(clock: Clock): MemoryCache {
  const entries = new Map<string, { reply: JournaledReply; untilMs: number }>();
  const nameOf = ({ tenantId, scope, key }: ReplyCacheKey): string => JSON.stringify([tenantId, scope, key]);
  const cache: MemoryCache = {
    saved: [],
    isDown: false,
    async find(key) {
      await Promise.resolve();
      if (cache.isDown) throw new Error('the cache is unavailable');
      const entry = entries.get(nameOf(key));
      return entry && entry.untilMs > clock.nowMs() ? entry.reply : undefined;
    },
    async save(entry) {
      await Promise.resolve();
      if (cache.isDown) throw new Error('the cache is unavailable');
      cache.saved.push(entry);
      entries.set(nameOf(entry), { reply: entry.reply, untilMs: clock.nowMs() + entry.ttlMs });
    },
  };
  return cache;
}
