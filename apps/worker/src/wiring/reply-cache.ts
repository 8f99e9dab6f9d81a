import type { CacheStore } from '@pressroom/db';
import type { JournaledReply, ReplyCache } from '@pressroom/llm';
import { fromStored, toStored, type StoredReply } from './gateway-store.ts';

/** The gateway's reply cache on top of the cache store. */
export function createReplyCache(store: CacheStore): ReplyCache {
  return {
    async find(key): Promise<JournaledReply | undefined> {
      const value = await store.find(key);
      return value === undefined ? undefined : fromStored(value as StoredReply);
    },
    save: ({ reply, ...entry }) => store.save({ ...entry, value: toStored(reply) }),
  };
}
