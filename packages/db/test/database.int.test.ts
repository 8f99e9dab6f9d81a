import { openTestDatabase, until, type OpenTestDatabase } from '@pressroom/testkit';
import { silentLogger } from '@pressroom/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { connectDatabase, createTaskQueryStore, isConnectionFailure, StoreUnavailableError } from '../src/index.ts';

describe('database', () => {
  let db: OpenTestDatabase;

  beforeAll(async () => {
    db = await openTestDatabase();
    await db.sql('CREATE TABLE pair (id int PRIMARY KEY, n int NOT NULL)');
    await db.sql('INSERT INTO pair VALUES (1, 0), (2, 0)');
  });
  afterAll(() => db.close());

  const bump = { name: 'test.bump', text: 'UPDATE pair SET n = n + 1 WHERE id = $1' };
  const endEveryConnectionOf = (applicationName: string) =>
    db.sql('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1', [applicationName]);

  it('retries a transaction after a deadlock, and commits both', async () => {
    let first = true;
    const waitForEachOther = Promise.withResolvers<undefined>();
    let arrived = 0;
    const crossing = (own: number, other: number) =>
      db.database.transaction(async (query) => {
        await query(bump, [own]);
        arrived += 1;
        if (arrived === 2) waitForEachOther.resolve(undefined);
        if (first) await waitForEachOther.promise;
        await query(bump, [other]);
        first = false;
      });
    await Promise.all([crossing(1, 2), crossing(2, 1)]);
    expect(arrived).toBeGreaterThan(2);
    expect(await db.sql('SELECT n FROM pair ORDER BY id')).toEqual([{ n: 2 }, { n: 2 }]);
  });

  it('rolls back and releases the connection when the work throws', async () => {
    await db.sql('UPDATE pair SET n = 0');
    const one = db.connect({ maxConnections: 1 });
    await expect(
      one.transaction(async (query) => {
        await query(bump, [1]);
        throw new Error('changed my mind');
      }),
    ).rejects.toThrow('changed my mind');
    await one.ping();
    expect(await db.sql('SELECT n FROM pair WHERE id = 1')).toEqual([{ n: 0 }]);
  });

  it.each([
    {
      title: 'a statement',
      ask: (database: OpenTestDatabase['database']) => database.run({ name: 't', text: 'SELECT 1' }, []),
    },
    {
      title: 'a transaction',
      ask: (database: OpenTestDatabase['database']) => database.transaction(() => Promise.resolve(1)),
    },
    { title: 'a ping', ask: (database: OpenTestDatabase['database']) => database.ping() },
    {
      title: 'a Prisma query',
      ask: (database: OpenTestDatabase['database']) =>
        createTaskQueryStore(database).get('00000000-0000-7000-8000-000000000000', null),
    },
  ])('fails with UNAVAILABLE within two seconds for $title when no server listens', async ({ ask }) => {
    const nowhere = connectDatabase({
      url: 'postgresql://user@127.0.0.1:1/missing',
      applicationName: 'test',
      maxConnections: 1,
      log: silentLogger(),
    });
    const startedMs = performance.now();
    const error: unknown = await ask(nowhere).catch((caught: unknown) => caught);
    expect(performance.now() - startedMs).toBeLessThan(2_000);
    expect(error).toBeInstanceOf(StoreUnavailableError);
    expect(error).toMatchObject({ code: 'UNAVAILABLE', retryable: true, retryAfterMs: 2_000 });
    await nowhere.close();
  });

  it('survives the loss of its idle connections', async () => {
    const idle = db.connect({ applicationName: 'idle' });
    await idle.ping();
    await endEveryConnectionOf('idle');
    await until(() => idle.ping().then(() => true));
  });

  it('survives the loss of a connection in a transaction, and fails with UNAVAILABLE', async () => {
    const busy = db.connect({ applicationName: 'busy' });
    const error: unknown = await busy
      .transaction(async (query) => {
        await query(bump, [1]);
        await endEveryConnectionOf('busy');
        // The server's termination message arrives between two queries.
        await until(
          async () => (await db.sql(`SELECT 1 FROM pg_stat_activity WHERE application_name = 'busy'`)).length === 0,
        );
        await query(bump, [2]);
      })
      .catch((caught: unknown) => caught);
    expect(isConnectionFailure(error)).toBe(true);
    await busy.ping();
  });

  it('returns an error of the statement itself unchanged', async () => {
    const error: unknown = await db.database
      .run({ name: 'test.wrong', text: 'SELECT $1::int FROM no_such_table' }, [0])
      .catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: '42P01' });
    expect(isConnectionFailure(error)).toBe(false);
  });

  it.each([
    { title: 'a number out of range', text: 'SELECT $1::text::int AS n', value: '99999999999', state: '22003' },
    {
      title: 'an instant out of range',
      text: 'SELECT $1::text::timestamptz AS at',
      value: '2026-01-01T00:00:00+16:00',
      state: '22009',
    },
    { title: 'an invalid instant', text: 'SELECT $1::text::timestamptz AS at', value: 'soon', state: '22007' },
  ])('reports $title as DataRefusedError, with the value that PostgreSQL quotes', async ({ text, value, state }) => {
    await expect(db.database.run({ name: `test.refused:${state}`, text }, [value])).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
      retryable: false,
      refusedText: value,
      message: expect.stringContaining(`SQLSTATE ${state}`) as string,
    });
  });
});
