import { connectForMigration } from './connect-for-migration.ts';
import { keepModelledChanges } from './keep-modelled-changes.ts';
import { NO_FILTERS, withSchemaEngine, type SchemaFile } from './schema-engine.ts';
import { selectUnmodelledObjects } from './unmodelled-objects.sql.ts';

/**
 * Returns SQL that changes a migrated database to `schema`; empty when they agree. Compares only objects that Prisma models, not
 * functions, triggers, partitions, partial and expression indexes, and storage parameters.
 */
export async function diffSchema(options: { databaseUrl: string; schema: SchemaFile }): Promise<string> {
  const client = await connectForMigration(options.databaseUrl);
  const unmodelled = await selectUnmodelledObjects(client).finally(() => client.end());
  return withSchemaEngine(options, async (engine) => {
    const { stdout } = await engine.diff({
      from: { tag: 'schemaDatasource', files: [options.schema], configDir: '.' },
      to: { tag: 'schemaDatamodel', files: [options.schema] },
      script: true,
      exitCode: null,
      filters: { ...NO_FILTERS, externalTables: unmodelled.tables },
    });
    return keepModelledChanges(stdout ?? '', unmodelled.indexes);
  });
}
