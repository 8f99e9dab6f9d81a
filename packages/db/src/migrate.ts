import { fileURLToPath } from 'node:url';

import type { Logger } from '@pressroom/runtime';
import { errorMessage, systemClock } from '@pressroom/runtime';

import { selectAppliedMigrations } from './migrations/applied-migrations.sql.ts';
import { connectForMigration } from './migrations/connect-for-migration.ts';
import { MigrationError } from './migrations/migration-error.ts';
import { withMigrationLock } from './migrations/migration-lock.sql.ts';
import type { AppliedMigration, Migration } from './migrations/migration.ts';
import { planMigrations } from './migrations/plan-migrations.ts';
import { readMigrations } from './migrations/read-migrations.ts';

/** Where this build's migrations are. */
export const MIGRATIONS_DIR = fileURLToPath(new URL('../../../prisma/migrations', import.meta.url));

export interface ApplyMigrationsOptions {
  databaseUrl: string;
  log: Logger;
  /** Directory of migration directories; for tests. */
  migrationsDir?: string;
}

/**
 * Brings the database to this build's schema and returns the names it applied. Any number of processes may call it at
 * once: one works, the others wait. Costs a few milliseconds when there is nothing to do. Keeps Prisma's own records, so
 * `prisma migrate deploy` may be used instead. Throws `MigrationError` or `DatabaseUnreachableError`.
 */
export async function applyMigrations({
  databaseUrl,
  log,
  migrationsDir = MIGRATIONS_DIR,
}: ApplyMigrationsOptions): Promise<string[]> {
  const migrations = readMigrations(migrationsDir);
  const client = await connectForMigration(databaseUrl);
  try {
    if (findPending(migrations, await selectAppliedMigrations(client)).length === 0) return [];
    return await withMigrationLock(client, async () => {
      const pending = findPending(migrations, await selectAppliedMigrations(client));
      if (pending.length === 0) return [];
      const startedMs = systemClock.monotonicMs();
      await runEngine(databaseUrl, migrations);
      log.info(
        { applied: pending, durationMs: Math.round(systemClock.monotonicMs() - startedMs) },
        'migrations.applied',
      );
      return pending;
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
  // Loaded only when there is something to apply: see the cost in schema-engine.ts.
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
