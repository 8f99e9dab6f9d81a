/** `DATABASE_URL=… npm run db:migrate` brings a database to this release's schema; safe to run from several machines. */
import { applyMigrations } from '@pressroom/db';
import { AppError, createLogger } from '@pressroom/runtime';

const databaseUrl = process.env['DATABASE_URL'];
if (!databaseUrl) {
  console.error('Set DATABASE_URL. The embedded database needs no such step: npm start migrates it.');
  process.exit(2);
}
try {
  const applied = await applyMigrations({ databaseUrl, log: createLogger({ name: 'db-migrate', level: 'warn' }) });
  console.log(applied.length === 0 ? 'The schema is current.' : `Applied ${applied.join(', ')}.`);
} catch (error) {
  if (!AppError.is(error)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
