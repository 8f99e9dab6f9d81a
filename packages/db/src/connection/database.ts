import { PrismaPg } from '@prisma/adapter-pg';
import { setTimeout as delay } from 'node:timers/promises';
import { systemRandom, type Logger } from '@pressroom/runtime';
import pg from 'pg';
import { PrismaClient } from '../generated/client.ts';
import { HOT_PATH_PLANS } from './hot-path-plans.ts';
import { isConflict, isLockTimeout, StoreUnavailableError, translateStoreError } from './store-errors.ts';

/** Connection time-out; submissions must respond within 2 s, also while the database is down. */
const CONNECT_TIMEOUT_MS = 1_500;
/** Time-out of every statement. */
const STATEMENT_TIMEOUT_MS = 15_000;
const MAX_CONFLICT_ATTEMPTS = 6;
/** How long a transaction waits for one row lock, so that a locked task does not delay others. */
const LOCK_TIMEOUT_MS = 200;
/** Attempts for a locked row, since several short transactions may lock it in turn; 600 ms in all. */
const MAX_LOCK_ATTEMPTS = 3;

const TIMEOUTS = `SET statement_timeout = ${STATEMENT_TIMEOUT_MS}; SET idle_in_transaction_session_timeout = ${STATEMENT_TIMEOUT_MS}`;

/** Applies settings to every new connection of a pool, in one round trip before its first statement. */
const withSettings = (settings: string): Pick<pg.PoolConfig, 'onConnect'> => {
  // The pool awaits the promise, although its types do not declare that.
  const onConnect: (client: pg.ClientBase) => unknown = (client) => client.query(settings);
  return { onConnect };
};

/** A prepared statement, parsed once per connection. Names are unique in the package. */
export interface Statement {
  name: string;
  text: string;
}

/** Database access for the stores: named statements on hot paths, Prisma for the rest. */
export interface Database {
  /** Runs a named prepared statement. Retries deadlock victims; connection failures become `UNAVAILABLE`. */
  run<Row extends pg.QueryResultRow>(statement: Statement, values: readonly unknown[]): Promise<Row[]>;
  /** Like `run`, but plans for the given values: for reads with filters, whose best plan depends on them. */
  read<Row extends pg.QueryResultRow>(statement: Statement, values: readonly unknown[]): Promise<Row[]>;
  /**
   * Runs `work` in a transaction, and again after a deadlock, so `work` may be called several times.
   *
   * @throws {RowLockedError} when another transaction locks a row for longer than 600 ms
   */
  transaction<T>(work: (query: TransactionQuery) => Promise<T>): Promise<T>;
  prisma: PrismaClient;
  /** One round trip. */
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
  // Connects on first use, so that processes with hot statements only have no such connections.
  const readPool = new pg.Pool({
    ...connection,
    max: Math.max(2, Math.ceil(options.maxConnections / 2)),
    ...withSettings(TIMEOUTS),
  });
  for (const each of [pool, readPool]) {
    // The error of an idle connection must not crash the process; the next statement gets a new connection.
    each.on('error', (error) => {
      options.log.warn({ err: error }, 'database.connection_lost');
    });
  }
  const prisma = new PrismaClient({ adapter: new PrismaPg(readPool) });

  const onConflict = async <T>(work: () => Promise<T>, maxLockAttempts = 1): Promise<T> => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await work();
      } catch (error) {
        if (isLockTimeout(error) && attempt < maxLockAttempts) {
          // Two transactions that wait for each other time out together: without jitter they would meet again.
          await delay(systemRandom() * LOCK_TIMEOUT_MS);
          continue;
        }
        if (!isConflict(error)) throw translateStoreError(error);
        if (attempt >= MAX_CONFLICT_ATTEMPTS)
          throw new StoreUnavailableError(
            'the statement was rolled back by conflicts with other transactions in every attempt',
            { cause: error },
          );
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
        // The pool handles errors of idle connections only; one of this connection must not crash the process either.
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
      }, MAX_LOCK_ATTEMPTS),
    async ping() {
      await onConflict(() => pool.query('SELECT 1'));
    },
    async close() {
      await prisma.$disconnect();
      await Promise.all([pool, readPool].filter((each) => !each.ended).map((each) => each.end()));
    },
  };
}
