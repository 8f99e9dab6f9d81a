import type { AppliedMigration, Migration } from './migration.ts';

export type MigrationPlan =
  | { outcome: 'current' }
  | { outcome: 'apply'; pending: string[] }
  /** Applied by a newer build, whose data this build could corrupt. */
  | { outcome: 'newer'; unknown: string[] }
  | { outcome: 'failed'; name: string }
  | { outcome: 'edited'; names: string[] };

/** Compares this build's migrations with those applied. Rolled-back rows count as not applied. Pure. */
export function planMigrations(local: readonly Migration[], rows: readonly AppliedMigration[]): MigrationPlan {
  const applied = rows.filter((row) => !row.rolledBack);
  const failed = applied.find((row) => !row.finished);
  if (failed) return { outcome: 'failed', name: failed.name };

  const known = new Map(local.map((migration) => [migration.name, migration.checksum]));
  const unknown = applied.filter((row) => !known.has(row.name)).map((row) => row.name);
  if (unknown.length > 0) return { outcome: 'newer', unknown };

  const edited = applied.filter((row) => known.get(row.name) !== row.checksum).map((row) => row.name);
  if (edited.length > 0) return { outcome: 'edited', names: edited };

  const done = new Set(applied.map((row) => row.name));
  const pending = local.filter((migration) => !done.has(migration.name)).map((migration) => migration.name);
  return pending.length === 0 ? { outcome: 'current' } : { outcome: 'apply', pending };
}
