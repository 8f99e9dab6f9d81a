import { EventEmitter } from 'node:events';

import type { Logger } from '@pressroom/runtime';
import { type PgPool, PostgresConnection, quoteSchemaName, runMigrations } from 'bullmq';
import pg from 'pg';

import { throttleLog } from '../throttle-log.ts';

/** SQLSTATEs after the schema was dropped: undefined table, function, schema. */
const SCHEMA_LOST = new Set(['42P01', '42883', '3F000']);

const CONNECT_TIMEOUT_MS = 5_000;
const STATEMENT_TIMEOUT_MS = 10_000;
/** Kept open between the checks for stalled jobs, so that one connection is ready for the next job. */
const KEEP_IDLE_MS = 5_000;

/**
 * The process's connections to a PostgreSQL queue store: one pool for statements and one connection from it for `LISTEN`,
 * independent of the number of queues. (BullMQ's default is two connections per queue.)
 */
export interface SharedPostgres {
  readonly pool: pg.Pool;
  /** A connection object for one more queue; closing it leaves the shared connections open. */
  borrow(): PostgresConnection;
  /** Resolves when the schema exists; creates it if necessary. Memoised until it fails or the schema is lost. */
  ready(): Promise<void>;
  noteError(error: unknown): void;
  close(): Promise<void>;
}

export function createSharedPostgres(options: {
  databaseUrl: string;
  /** Maximum connections for statements; one more listens. */
  poolSize: number;
  schema: string;
  log: Logger;
}): SharedPostgres {
  const { log, schema } = options;
  // The pool awaits the promise, although its types do not declare it.
  const applySettings: (client: pg.ClientBase) => unknown = (client) => client.query(queueStoreSettings(schema));
  const pool = new pg.Pool({
    connectionString: options.databaseUrl,
    max: options.poolSize + 1,
    application_name: 'pressroom-queue',
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    idleTimeoutMillis: KEEP_IDLE_MS,
    onConnect: applySettings,
  });
  const report = throttleLog((error: unknown) => {
    log.warn({ err: error }, 'queue.postgres_error');
  });
  pool.on('error', report);
  // pg's overloads do not fit BullMQ's minimal interface.
  const owner = new PostgresConnection(pool as unknown as PgPool);
  owner.setMaxListeners(0);
  owner.on('error', report);

  let migrated: Promise<void> | undefined;
  const ready = (): Promise<void> => {
    if (migrated === undefined) {
      const attempt = migrate(pool, schema);
      migrated = attempt;
      attempt.catch(() => {
        if (migrated === attempt) migrated = undefined;
      });
    }
    return migrated;
  };

  return {
    pool,
    ready,
    borrow: () => new BorrowedConnection(owner, pool, schema, ready) as unknown as PostgresConnection,
    noteError: (error) => {
      if (SCHEMA_LOST.has((error as { code?: string } | undefined)?.code ?? '')) migrated = undefined;
    },
    close: async () => {
      await owner.close();
      await pool.end();
    },
  };
}

/** BullMQ serialises migrations with a lock in the database. */
async function migrate(pool: pg.Pool, schema: string): Promise<void> {
  const client = await pool.connect();
  try {
    await runMigrations(client, schema);
  } finally {
    client.release();
  }
}

/** BullMQ's PostgresConnection interface over the shared connections. */
class BorrowedConnection extends EventEmitter {
  readonly pool: pg.Pool;
  readonly schema: string;
  readonly waitUntilReady: () => Promise<void>;
  readonly #owner: PostgresConnection;
  #closing: Promise<void> | undefined;

  constructor(owner: PostgresConnection, pool: pg.Pool, schema: string, ready: () => Promise<void>) {
    super();
    this.pool = pool;
    this.schema = schema;
    this.waitUntilReady = ready;
    this.#owner = owner;
    owner.on('listenerinvalidated', this.#relay);
  }

  readonly #relay = (): void => {
    this.emit('listenerinvalidated');
  };

  async getListenClient(): Promise<ListenClient> {
    return serialiseQueries(await this.#owner.getListenClient());
  }

  get hasListenClientKeepAlive(): boolean {
    return this.#owner.hasListenClientKeepAlive;
  }

  /** Names distinguish queues' connections; here all queues share one. */
  setListenClientName(): Promise<void> {
    return Promise.resolve();
  }

  get isClosing(): Promise<void> | undefined {
    return this.#closing;
  }

  close(): Promise<void> {
    this.#owner.off('listenerinvalidated', this.#relay);
    this.#closing ??= Promise.resolve();
    this.emit('close');
    return this.#closing;
  }

  disconnect(): Promise<void> {
    return this.close();
  }
}

type ListenClient = Awaited<ReturnType<PostgresConnection['getListenClient']>>;
const facades = new WeakMap<ListenClient, ListenClient>();

/** Serialises the statements of all queues on the shared listening connection. */
function serialiseQueries(client: ListenClient): ListenClient {
  const known = facades.get(client);
  if (known !== undefined) return known;
  if (client instanceof EventEmitter) client.setMaxListeners(0);
  let last: Promise<unknown> = Promise.resolve();
  const facade: Pick<ListenClient, 'query' | 'removeListener'> & { on: (...args: never[]) => ListenClient } = {
    query: (text, values) => {
      const result = last.then(() => client.query(text, values));
      last = result.catch(() => undefined);
      return result as never;
    },
    on: (...args) => client.on(...(args as unknown as Parameters<typeof client.on>)),
    removeListener: (event, listener) => client.removeListener(event, listener),
  };
  facades.set(client, facade as ListenClient);
  return facade as ListenClient;
}

/**
 * Session settings of the queue store. Its content can be rebuilt at any time, so commits do not wait for the disk.
 * Set by statements rather than start-up parameters, which PgBouncer rejects.
 */
const queueStoreSettings = (schema: string): string =>
  `SET search_path = ${quoteSchemaName(schema)}; SET synchronous_commit = off; SET statement_timeout = ${STATEMENT_TIMEOUT_MS}`;
