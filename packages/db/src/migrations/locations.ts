import { fileURLToPath } from 'node:url';

/** Directory of this build's migrations. */
export const MIGRATIONS_DIR = fileURLToPath(new URL('../../../../prisma/migrations', import.meta.url));

/** Directory of this build's SQL functions, one per file. */
export const FUNCTIONS_DIR = fileURLToPath(new URL('../../../../prisma/functions', import.meta.url));
