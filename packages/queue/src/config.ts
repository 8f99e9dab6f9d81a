/** The queues' part of the configuration; opens no connections and loads no client. */
export { parsePools, PoolSpecError } from './pools.ts';
export { readRedisAddress, type RedisAddress, type RedisVariables } from './backend/redis-address.ts';
