/** The embedded server and migrations, for processes that use no store: loads neither Prisma's client nor statements. */
export { startEmbeddedPostgres, type EmbeddedPostgres, type EmbeddedPostgresOptions } from './embedded-postgres.ts';
export { applyMigrations } from './migrate.ts';
