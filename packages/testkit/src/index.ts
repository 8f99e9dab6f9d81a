export { until } from './until.ts';
export { startPrivatePostgres } from './stores/start-private-postgres.ts';
export { startPrivateRedis, type PrivateRedis } from './stores/start-private-redis.ts';
export { createTestDatabase, type TestDatabase } from './stores/test-database.ts';
export { getTestRedis, hasTestRedis, type TestRedis } from './stores/test-redis.ts';
