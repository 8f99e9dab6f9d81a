import { PrismaPg } from '@prisma/adapter-pg';
import { ColumnTypeEnum, DriverAdapterError, type SqlQuery, type SqlResultSet } from '@prisma/driver-adapter-utils';
import pg from 'pg';

const CHAR_OID = 18;
const TEXT_OID = 25;

/**
 * Prisma's `pg` adapter with two corrections for the schema engine:
 * - it lacks the type `"char"`, which PostgreSQL's catalogues use;
 * - it splits scripts at every semicolon, also in function bodies. Here each script is sent as a whole, which also makes each
 *   migration one transaction.
 */
export function createEngineAdapter(pool: pg.Pool): PrismaPg {
  const charColumns = readCharAsText(pool);
  const factory = new PrismaPg(pool);
  const connect = factory.connect.bind(factory);
  factory.connect = async () => {
    const adapter = await connect();
    const queryRaw = adapter.queryRaw.bind(adapter);
    return Object.assign(adapter, {
      queryRaw: async (query: SqlQuery): Promise<SqlResultSet> => {
        const result = await queryRaw(query);
        for (const index of charColumns(result.rows)) result.columnTypes[index] = ColumnTypeEnum.Character;
        return result;
      },
      executeScript: async (script: string): Promise<void> => {
        await pool.query(script).catch((error: unknown) => {
          throw error instanceof pg.DatabaseError ? toAdapterError(error) : error;
        });
      },
    });
  };
  return factory;
}

/** Makes the pool report `"char"` columns as text; the returned function finds these columns of a result. */
function readCharAsText(pool: pg.Pool): (rows: unknown[][]) => number[] {
  const found = new WeakMap<unknown[], number[]>();
  const query = pool.query.bind(pool) as (...input: unknown[]) => Promise<pg.QueryResult>;
  const queryAsText = async (...input: unknown[]) => {
    const result = await query(...input);
    // A script of several statements returns an array of results, whose columns are not read.
    if (Array.isArray(result)) return result;
    const indexes = result.fields.flatMap((field, index) => (field.dataTypeID === CHAR_OID ? [index] : []));
    for (const field of result.fields) if (field.dataTypeID === CHAR_OID) field.dataTypeID = TEXT_OID;
    found.set(result.rows, indexes);
    return result;
  };
  Object.assign(pool, { query: queryAsText });
  return (rows) => found.get(rows) ?? [];
}

function toAdapterError(error: pg.DatabaseError): DriverAdapterError {
  const { code = 'N/A', severity = 'ERROR', message, detail, column, hint } = error;
  return new DriverAdapterError({ kind: 'postgres', code, severity, message, detail, column, hint });
}
