import pg from 'pg';

/** Role that owns Pressroom's database and nothing else in the server. */
export const APPLICATION_ROLE = 'pressroom_app';
const DATABASE = 'pressroom';
/** Schemas in which migrations (`public`) and the queue store on PostgreSQL (`bullmq`) create objects. */
const SCHEMAS = ['public', 'bullmq'];

/**
 * Creates the role `pressroom_app`, without rights other than login, and makes it the owner of the database `pressroom`.
 * Transfers objects that an older release created as the superuser. Idempotent.
 * @param urlOf superuser connection string of a database
 * @returns the name of the database
 */
export async function prepareApplicationRole(urlOf: (database: string) => string, password: string): Promise<string> {
  await withClient(urlOf('postgres'), async (client) => {
    await createRole(client, password);
    await createDatabase(client);
  });
  await withClient(urlOf(DATABASE), transferObjects);
  return DATABASE;
}

async function createRole(client: pg.Client, password: string): Promise<void> {
  const { rowCount } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [APPLICATION_ROLE]);
  const attributes = 'LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS INHERIT';
  await client.query(
    `${rowCount === 0 ? 'CREATE' : 'ALTER'} ROLE ${APPLICATION_ROLE} ${attributes} PASSWORD ${client.escapeLiteral(password)}`,
  );
}

async function createDatabase(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ owner: string }>(
    'SELECT pg_get_userbyid(datdba) AS owner FROM pg_database WHERE datname = $1',
    [DATABASE],
  );
  if (rows[0] === undefined) await client.query(`CREATE DATABASE ${DATABASE} OWNER ${APPLICATION_ROLE}`);
  else if (rows[0].owner !== APPLICATION_ROLE)
    await client.query(`ALTER DATABASE ${DATABASE} OWNER TO ${APPLICATION_ROLE}`);
}

/** Transfers all objects in one transaction; after a crash the next start does it again. */
async function transferObjects(client: pg.Client): Promise<void> {
  await client.query('BEGIN');
  const { rows } = await client.query<{ statement: string }>(SELECT_TRANSFERS, [SCHEMAS, APPLICATION_ROLE]);
  for (const { statement } of rows) await client.query(statement);
  await client.query('COMMIT');
}

/**
 * `REASSIGN OWNED BY` rejects the bootstrap superuser, which also owns system objects. Skips what follows its table (sequences of
 * columns, row types and array types) and members of extensions.
 */
const SELECT_TRANSFERS = `
  WITH schemas AS (
    SELECT oid, nspname, nspowner FROM pg_namespace WHERE nspname = ANY ($1)
  ),
  objects AS (
    SELECT 'pg_namespace'::regclass AS catalog, oid, 'SCHEMA' AS kind, quote_ident(nspname) AS name, nspowner AS owner
    FROM schemas WHERE nspname <> 'public'
    UNION ALL
    SELECT 'pg_class'::regclass, c.oid,
      CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE'
        WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END,
      c.oid::regclass::text, c.relowner
    FROM pg_class c JOIN schemas s ON s.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
      OR c.relkind = 'S' AND NOT EXISTS (
        SELECT FROM pg_depend d
        WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.refobjsubid <> 0 AND d.deptype IN ('a', 'i'))
    UNION ALL
    SELECT 'pg_proc'::regclass, p.oid,
      'ROUTINE', p.oid::regprocedure::text, p.proowner
    FROM pg_proc p JOIN schemas s ON s.oid = p.pronamespace
    UNION ALL
    SELECT 'pg_type'::regclass, t.oid, CASE t.typtype WHEN 'd' THEN 'DOMAIN' ELSE 'TYPE' END, t.oid::regtype::text, t.typowner
    FROM pg_type t JOIN schemas s ON s.oid = t.typnamespace
    WHERE t.typtype IN ('e', 'd', 'r')
      OR t.typtype = 'c' AND EXISTS (SELECT FROM pg_class c WHERE c.oid = t.typrelid AND c.relkind = 'c')
    UNION ALL
    SELECT 'pg_statistic_ext'::regclass, e.oid, 'STATISTICS', format('%I.%I', s.nspname, e.stxname), e.stxowner
    FROM pg_statistic_ext e JOIN schemas s ON s.oid = e.stxnamespace
  )
  SELECT format('ALTER %s %s OWNER TO %I', o.kind, o.name, $2::text) AS statement
  FROM objects o
  WHERE o.owner <> $2::regrole
    AND NOT EXISTS (
      SELECT FROM pg_depend d WHERE d.classid = o.catalog AND d.objid = o.oid AND d.deptype = 'e')`;

async function withClient(url: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
