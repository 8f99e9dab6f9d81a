import { PrismaPg } from '@prisma/adapter-pg';
import type { Logger } from '@pressroom/runtime';
import pg from 'pg';
import { PrismaClient } from '../generated/client.ts';
import { HOT_PATH_PLANS } from './hot-path-plans.ts';
import { isConflict, isLockTimeout, StoreUnavailableError, translateStoreError } from './store-errors.ts';

/** How long to wait for a connection before the database counts as down; submissions must answer within 2 s. */
const CONNECT_TIMEOUT_MS = 1_500;
/** Upper bound of any single statement. */
const STATEMENT_TIMEOUT_MS = 15_000;
const CONFLICT_TRIES = 6;
/** How long a transaction waits for one row lock. A task that is held for longer must not hold up those after it. */
const LOCK_TIMEOUT_MS = 200;
/** A row may be held for a moment by many in turn; one that is held throughout is given up after 600 ms. */
const LOCK_TRIES = 3;

const TIMEOUTS = `SET statement_timeout = ${STATEMENT_TIMEOUT_MS}; SET idle_in_transaction_session_timeout = ${STATEMENT_TIMEOUT_MS}`;

/** Settings of every new connection of a pool, in one round trip before its first statement. */
const withSettings = (settings: string): Pick<pg.PoolConfig, 'onConnect'> => {
  // The pool waits for the promise, though its types do not say so.
  const onConnect: (client: pg.ClientBase) => unknown = (client) => client.query(settings);
  return { onConnect };
};

/** A prepared statement, parsed once per connection. Names are unique across the package. */
export interface Statement {
  name: string;
  text: string;
}

/** The database as this package's stores use it: hot paths as named statements, the rest through Prisma. */
export interface Database {
  /** Runs a named prepared statement. Deadlock victims are run again; connection failures become `UNAVAILABLE`. */
  run<Row extends pg.QueryResultRow>(statement: Statement, values: readonly unknown[]): Promise<Row[]>;
  /** As `run`, but planned for the values at hand: for reads with filters, whose best plan depends on what is asked. */
  read<Row extends pg.QueryResultRow>(statement: Statement, values: readonly unknown[]): Promise<Row[]>;
  /**
   * Runs `work` in a transaction, again on deadlock. `work` may be called several times.
   *
   * @throws {RowLockedError} when another transaction holds a row for longer than 600 ms
   */
  transaction<T>(work: (query: TransactionQuery) => Promise<T>): Promise<T>;
  prisma: PrismaClient;
  /** Cheapest possible round trip. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

export type TransactionQuery = <Row extends pg.QueryResultRow>(
  statement: Statement,
  values: readonly unknown[],
) => Promise<Row[]>;

export function connectDatabase(options: {
  url: string;
  applicationName: string;
  maxConnections: number;
  log: Logger;
}): Database {
  const connection = {
    connectionString: options.url,
    application_name: options.applicationName,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: STATEMENT_TIMEOUT_MS + 1_000,
    keepAlive: true,
  };
  const pool = new pg.Pool({
    ...connection,
    max: options.maxConnections,
    ...withSettings(`${TIMEOUTS}; ${HOT_PATH_PLANS}`),
  });
  // Opens connections on first use only: processes that run nothing but hot statements hold none.
  const readPool = new pg.Pool({
    ...connection,
    max: Math.max(2, Math.ceil(options.maxConnections / 2)),
    ...withSettings(TIMEOUTS),
  });
  for (const each of [pool, readPool]) {
    // An idle connection that breaks must not end the process; the next statement gets a new one.
    each.on('error', (error) => {
      options.log.warn({ err: error }, 'database.connection_lost');
    });
  }
  const prisma = new PrismaClient({ adapter: new PrismaPg(readPool) });

  const onConflict = async <T>(work: () => Promise<T>, lockTries = 1): Promise<T> => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await work();
      } catch (error) {
        if (isLockTimeout(error) && attempt < lockTries) continue;
        if (!isConflict(error)) throw translateStoreError(error);
        if (attempt >= CONFLICT_TRIES)
          throw new StoreUnavailableError('the database is too contended', { cause: error });
      }
    }
  };

  return {
    prisma,
    run: <Row extends pg.QueryResultRow>({ name, text }: Statement, values: readonly unknown[]) =>
      onConflict(async () => (await pool.query<Row>({ name, text, values: [...values] })).rows),
    read: <Row extends pg.QueryResultRow>({ name, text }: Statement, values: readonly unknown[]) =>
      onConflict(async () => (await readPool.query<Row>({ name, text, values: [...values] })).rows),
    transaction: (work) =>
      onConflict(async () => {
        const client = await pool.connect();
        let broken: Error | undefined;
        // The pool listens to idle connections only: one that breaks while it is ours must not end the process either.
        const onBroken = (error: Error): void => {
          broken = error;
        };
        client.on('error', onBroken);
        try {
          await client.query(`BEGIN; SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`);
          const result = await work(
            async <Row extends pg.QueryResultRow>({ name, text }: Statement, values: readonly unknown[]) =>
              (await client.query<Row>({ name, text, values: [...values] })).rows,
          );
          await client.query('COMMIT');
          return result;
        } catch (error) {
          await client.query('ROLLBACK').catch((rollbackError: unknown) => {
            broken = rollbackError as Error;
          });
          throw error;
        } finally {
          client.off('error', onBroken);
          client.release(broken);
        }
      }, LOCK_TRIES),
    async ping() {
      await onConflict(() => pool.query('SELECT 1'));
    },
    async close() {
      await prisma.$disconnect();
      await Promise.all([pool, readPool].filter((each) => !each.ended).map((each) => each.end()));
    },
  };
}
