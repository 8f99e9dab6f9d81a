/** One directory under `prisma/migrations`. */
export interface Migration {
  /** Directory name: UTC timestamp and title; its order is the order of application. */
  name: string;
  sql: string;
  /** SHA-256 of `sql` in hex, as Prisma records it. */
  checksum: string;
}

/** A row of Prisma's migration table. */
export interface AppliedMigration {
  name: string;
  checksum: string;
  finished: boolean;
  rolledBack: boolean;
}
