import { PrismaPg } from '@prisma/adapter-pg';
import type { Logger } from '@pressroom/runtime';
import pg from 'pg';
import { PrismaClient } from '../generated/client.ts';
import { isConflict, StoreUnavailableError, translateStoreError } from './store-errors.ts';

/** How long to wait for a connection before the database counts as down; submissions must answer within 2 s. */
const CONNECT_TIMEOUT_MS = 1_500;
/** Upper bound of any single statement. */
const STATEMENT_TIMEOUT_MS = 15_000;
const CONFLICT_TRIES = 6;

/** A prepared statement, parsed once per connection. Names are unique across the package. */
export interface Statement {
  name: string;
  text: string;
}

/** The database as this package's stores use it: hot paths as named statements, the rest through Prisma, on one pool. */
export interface Database {
  /** Runs a named prepared statement. Deadlock victims are run again; connection failures become `UNAVAILABLE`. */
  run<Row extends pg.QueryResultRow>(statement: Statement, values: readonly unknown[]): Promise<Row[]>;
  /** Runs `work` in a transaction, again on deadlock. `work` may be called several times. */
  transaction<T>(work: (query: TransactionQuery) => Promise<T>): Promise<T>;
  prisma: PrismaClient;
  /** Cheapest possible round trip. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

export type TransactionQuery = <Row extends pg.QueryResultRow>(statement: Statement, values: readonly unknown[]) => Promise<Row[]>;

export function connectDatabase(options: {
  url: string;
  applicationName: string;
  maxConnections: number;
  log: Logger;
}): Database {
  const pool = new pg.Pool({
    connectionString: options.url,
    application_name: options.applicationName,
    max: options.maxConnections,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: STATEMENT_TIMEOUT_MS + 1_000,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    idle_in_transaction_session_timeout: STATEMENT_TIMEOUT_MS,
    keepAlive: true,
  });
  // An idle connection that breaks must not end the process; the next statement gets a new one.
  pool.on('error', (error) => {
    options.log.warn({ err: error }, 'database.connection_lost');
  });
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool) });

  const onConflict = async <T>(work: () => Promise<T>): Promise<T> => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await work();
      } catch (error) {
        if (!isConflict(error)) throw translateStoreError(error);
        if (attempt >= CONFLICT_TRIES) throw new StoreUnavailableError('the database is too contended', { cause: error });
      }
    }
  };

  return {
    prisma,
    run: (statement, values) =>
      onConflict(async () => (await pool.query({ name: statement.name, text: statement.text, values: [...values] })).rows),
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
          await client.query('BEGIN');
          const result = await work(
            async (statement, values) =>
              (await client.query({ name: statement.name, text: statement.text, values: [...values] })).rows,
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
      }),
    async ping() {
      await onConflict(() => pool.query('SELECT 1'));
    },
    async close() {
      await prisma.$disconnect();
      if (!pool.ended) await pool.end();
    },
  };
}
