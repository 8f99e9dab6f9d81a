import type { Logger } from '@pressroom/runtime';
import { errorMessage, systemClock } from '@pressroom/runtime';

import { applyFunctions, selectAppliedFunctions } from './migrations/applied-functions.sql.ts';
import { selectAppliedMigrations } from './migrations/applied-migrations.sql.ts';
import { connectForMigration } from './migrations/connect-for-migration.ts';
import { FUNCTIONS_DIR, MIGRATIONS_DIR } from './migrations/locations.ts';
import { MigrationError } from './migrations/migration-error.ts';
import { withMigrationLock } from './migrations/migration-lock.sql.ts';
import type { AppliedMigration, Migration } from './migrations/migration.ts';
import { planMigrations } from './migrations/plan-migrations.ts';
import { readFunctions, selectChangedFunctions } from './migrations/read-functions.ts';
import { readMigrations } from './migrations/read-migrations.ts';

export interface ApplyMigrationsOptions {
  databaseUrl: string;
  log: Logger;
  /** Directory of migration directories; for tests. */
  migrationsDir?: string;
  /** Directory of function files; for tests. */
  functionsDir?: string;
}

/**
 * Upgrades the database to this build's schema: applies missing migrations, then all SQL functions whose files changed. Returns
 * the names of both. Safe to call concurrently: one process works, the others wait. Takes a few milliseconds when there is
 * nothing to do. Uses Prisma's migration table, so that `prisma migrate deploy` can apply the migrations instead; then only the
 * functions are applied here. Throws `MigrationError` or `DatabaseUnreachableError`.
 */
export async function applyMigrations({
  databaseUrl,
  log,
  migrationsDir = MIGRATIONS_DIR,
  functionsDir = FUNCTIONS_DIR,
}: ApplyMigrationsOptions): Promise<string[]> {
  const migrations = readMigrations(migrationsDir);
  const functions = readFunctions(functionsDir);
  const client = await connectForMigration(databaseUrl);
  const findWork = async () => {
    const pending = findPending(migrations, await selectAppliedMigrations(client));
    return { pending, changed: selectChangedFunctions(functions, await selectAppliedFunctions(client)) };
  };
  const isEmpty = (work: Awaited<ReturnType<typeof findWork>>) => work.pending.length + work.changed.length === 0;
  try {
    if (isEmpty(await findWork())) return [];
    return await withMigrationLock(client, async () => {
      const work = await findWork();
      if (isEmpty(work)) return [];
      const startedMs = systemClock.monotonicMs();
      if (work.pending.length > 0) await runEngine(databaseUrl, migrations);
      await applyFunctions(client, work.changed);
      const applied = [...work.pending, ...work.changed.map(({ name }) => name)];
      log.info({ applied, durationMs: Math.round(systemClock.monotonicMs() - startedMs) }, 'migrations.applied');
      return applied;
    });
  } finally {
    await client.end();
  }
}

function findPending(migrations: readonly Migration[], applied: readonly AppliedMigration[]): string[] {
  const plan = planMigrations(migrations, applied);
  switch (plan.outcome) {
    case 'current':
      return [];
    case 'apply':
      return plan.pending;
    case 'newer':
      throw new MigrationError(
        `the database was migrated by a newer release (${plan.unknown.join(', ')}); start that release, or use another database`,
      );
    case 'edited':
      throw new MigrationError(
        `migrations were changed after they had been applied (${plan.names.join(', ')}); restore them and add a new migration instead`,
      );
    case 'failed':
      throw new MigrationError(
        `the migration ${plan.name} failed half-way earlier; see what it left behind, then have it tried again with: ` +
          `UPDATE _prisma_migrations SET rolled_back_at = now() WHERE migration_name = '${plan.name}' AND finished_at IS NULL`,
      );
  }
}

async function runEngine(databaseUrl: string, migrations: readonly Migration[]): Promise<void> {
  // Imported only when there are migrations to apply; see its cost in schema-engine.ts.
  const { toMigrationsList } = await import('./migrations/to-migrations-list.ts');
  const { NO_FILTERS, withSchemaEngine } = await import('./migrations/schema-engine.ts');
  try {
    await withSchemaEngine({ databaseUrl }, (engine) =>
      engine.applyMigrations({ migrationsList: toMigrationsList(migrations), filters: NO_FILTERS }),
    );
  } catch (error) {
    throw new MigrationError(`a migration failed: ${errorMessage(error)}`, { cause: error });
  }
}
