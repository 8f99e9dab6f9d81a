import { createAccessStore } from '@pressroom/db';
import { findFreePort, sha256Hex } from '@pressroom/runtime';
import { openTestDatabase, type OpenTestDatabase } from '@pressroom/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { ADMIN_KEY, startTestCoordinator } from './support/start-coordinator.ts';

describe('the start of a coordinator', () => {
  let db: OpenTestDatabase;
  beforeAll(async () => {
    db = await openTestDatabase();
  });
  afterAll(() => db.close());

  const startWithoutKey = () => startTestCoordinator(db.url, { env: { PRESSROOM_ADMIN_KEY: '' } });

  it('is refused without an admin key in the environment or the database, and says what to set', async () => {
    await expect(startWithoutKey()).rejects.toThrow(
      /PRESSROOM_ADMIN_KEY: is required .* 24 characters or more .*npm start/,
    );
    const access = createAccessStore(db.database);
    await access.addKey({ role: 'admin', tenantId: null, secretHash: sha256Hex('old'), expiresAt: new Date(0) });
    await access.addKey({ role: 'submit', tenantId: null, secretHash: sha256Hex('other') });
    await expect(startWithoutKey()).rejects.toThrow(/PRESSROOM_ADMIN_KEY/);
  });

  it('needs no admin key in the environment once the database holds one', async () => {
    await createAccessStore(db.database).ensureAdminKey(sha256Hex(ADMIN_KEY));
    const coordinator = await startWithoutKey();
    try {
      const reply = await fetch(`${coordinator.url}/v1/tasks`, { headers: { Authorization: `Bearer ${ADMIN_KEY}` } });
      expect(reply.status).toBe(200);
    } finally {
      await coordinator.stop();
    }
  });

  it('names host, port and variable when PostgreSQL cannot be reached, and no password', async () => {
    const port = await findFreePort();
    const start = startTestCoordinator(`postgresql://user:canary@127.0.0.1:${port}/pressroom`);
    const message = await start.then(
      () => '',
      (error: unknown) => (error as Error).message,
    );
    expect(message).toContain(`cannot connect to PostgreSQL at 127.0.0.1:${port}/pressroom`);
    expect(message).toContain('DATABASE_URL');
    expect(message).not.toContain('canary');
  });
});
