import { randomBytes } from 'node:crypto';

import { applyMigrations } from '@pressroom/db';
import { silentLogger } from '@pressroom/runtime';
import { startPrivatePostgres, startPrivateRedis, toOwner } from '@pressroom/testkit';
import pg from 'pg';

type Stop = () => Promise<void>;

/** Several vitest projects name this file; the servers are started once for the whole run. */
const shared = globalThis as typeof globalThis & { pressroomStores?: { users: number; started: Promise<Stop[]> } };

/**
 * Starts the servers that integration and end-to-end tests need and announces them through the environment:
 * `TEST_DATABASE_URL` (an existing one is used as it is), `TEST_DATABASE_ADMIN_URL` (may create databases; the same where
 * the former is given alone), `TEST_DATABASE_TEMPLATE`, `TEST_REDIS_URL` (from `REDIS_URL`
 * where given). Returns the teardown.
 */
export default async function setUpStores(): Promise<Stop> {
  const stores = (shared.pressroomStores ??= { users: 0, started: startStores() });
  stores.users += 1;
  await stores.started;
  return async () => {
    stores.users -= 1;
    if (stores.users > 0) return;
    for (const stop of (await stores.started).reverse()) await stop();
  };
}

async function startStores(): Promise<Stop[]> {
  const stops: Stop[] = [];
  try {
    stops.push(...(await startRedis()), ...(await startPostgres()));
    stops.push(await createTemplate());
    return stops;
  } catch (error) {
    for (const stop of stops.reverse()) await stop();
    throw error;
  }
}

async function startPostgres(): Promise<Stop[]> {
  if (process.env['TEST_DATABASE_URL']) {
    process.env['TEST_DATABASE_ADMIN_URL'] ??= process.env['TEST_DATABASE_URL'];
    return [];
  }
  const server = await startPrivatePostgres({ settings: { max_connections: '400' } });
  process.env['TEST_DATABASE_URL'] = server.url;
  process.env['TEST_DATABASE_ADMIN_URL'] = server.adminUrl;
  return [() => server.stop()];
}

async function startRedis(): Promise<Stop[]> {
  const given = process.env['TEST_REDIS_URL'] ?? process.env['REDIS_URL'];
  const server = given === undefined ? await startPrivateRedis() : undefined;
  const url = given ?? server?.url;
  if (url !== undefined) {
    process.env['TEST_REDIS_URL'] = url;
  } else if (process.env['CI'] === 'true') {
    throw new Error('no redis-server on this machine: apt-get install redis-server, or set REDIS_URL');
  } else {
    console.warn(
      'NOTICE: no redis-server found, tests on Redis are skipped (apt-get install redis-server, or set REDIS_URL)',
    );
  }
  return server ? [() => server.stop()] : [];
}

async function createTemplate(): Promise<Stop> {
  const server = process.env['TEST_DATABASE_URL'] ?? '';
  const template = `template_${randomBytes(6).toString('hex')}`;
  const execute = async (sql: string) => {
    const client = new pg.Client({ connectionString: process.env['TEST_DATABASE_ADMIN_URL'] });
    await client.connect();
    await client.query(sql).finally(() => client.end());
  };
  const url = new URL(server);
  await execute(`CREATE DATABASE ${template} OWNER ${toOwner(url)}`);
  url.pathname = `/${template}`;
  await applyMigrations({ databaseUrl: url.href, log: silentLogger() });
  process.env['TEST_DATABASE_TEMPLATE'] = template;
  return () => execute(`DROP DATABASE IF EXISTS ${template} WITH (FORCE)`);
}
