import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { applyMigrations, startEmbeddedPostgres, THROWAWAY_SETTINGS } from '@pressroom/db';
import { silentLogger } from '@pressroom/runtime';

/** Runs `work` on a database that has every migration and nothing else; it is gone afterwards. */
export async function withScratchDatabase<T>(work: (databaseUrl: string) => Promise<T>): Promise<T> {
  const dataDir = mkdtempSync(join(tmpdir(), 'pressroom-scratch-'));
  const log = silentLogger();
  try {
    const server = await startEmbeddedPostgres({ dataDir, log, settings: THROWAWAY_SETTINGS });
    try {
      await applyMigrations({ databaseUrl: server.url, log });
      return await work(server.url);
    } finally {
      await server.stop();
    }
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}
