import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { startEmbeddedPostgres, THROWAWAY_SETTINGS, type EmbeddedPostgres, type ServerSettings } from '@pressroom/db';
import { silentLogger } from '@pressroom/runtime';

/**
 * Starts a separate, empty PostgreSQL in a temporary directory; `stop` removes it. Commits are durable only with the
 * corresponding `settings` (`{ fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on' }`).
 */
export async function startPrivatePostgres(options: { settings?: ServerSettings } = {}): Promise<EmbeddedPostgres> {
  const dataDir = mkdtempSync(join(tmpdir(), 'pressroom-postgres-'));
  const server = await startEmbeddedPostgres({
    dataDir,
    log: silentLogger(),
    settings: { ...THROWAWAY_SETTINGS, ...options.settings },
  });
  return {
    ...server,
    stop: async () => {
      await server.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
