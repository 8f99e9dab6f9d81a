import { fileURLToPath } from 'node:url';

/** Where this build's migrations are. */
export const MIGRATIONS_DIR = fileURLToPath(new URL('../../../../prisma/migrations', import.meta.url));

/** Where this build's SQL functions are, one per file. */
export const FUNCTIONS_DIR = fileURLToPath(new URL('../../../../prisma/functions', import.meta.url));
