import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** The server's own clock, under any of its names. */
const SERVER_CLOCK =
  /(?<![\w.])now\(\)|\b(?:current_timestamp|localtimestamp|clock_timestamp|statement_timestamp|transaction_timestamp)\b/i;
/** Lines about who is alive: sessions, loop leases, breakers. They must not move when business time does. */
const LIVENESS =
  /worker_session|loop_lease|[wx]\.(?:expires_at|last_seen_at)|open_until|probe_until|window_at|pool_scaling/;
/** Files whose every instant is about liveness or about the machinery itself, with the reason. */
const EXEMPT: Readonly<Record<string, string>> = {
  'prisma/functions/pressroom_now.sql': 'defines business time',
  'prisma/functions/pressroom_clock.sql': 'defines business time',
  'prisma/functions/report_provider_calls.sql': 'breakers',
  'prisma/functions/take_submissions.sql': 'a bucket of ten seconds',
  'prisma/functions/reconcile_tenant_storage.sql': 'how often storage is measured again',
  'packages/db/src/fleet/breaker-store.sql.ts': 'breakers',
  'packages/db/src/fleet/loop-lease.sql.ts': 'loop leases',
  'packages/db/src/fleet/scaling-store.sql.ts': 'cooldowns of scaling',
  'packages/db/src/sessions/session-store.sql.ts': 'sessions',
  'packages/db/src/migrate.ts': 'migrations',
  'packages/db/src/migrations/applied-functions.sql.ts': 'migrations',
  'packages/db/src/retention/storage-store.sql.ts': 'how often storage is measured again',
  'packages/db/src/retention/retention-rules.sql.ts': 'rows about processes age by the server’s clock',
};

const sourcesOf = (directory: string): string[] =>
  readdirSync(join(ROOT, directory), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(?:sql|ts)$/.test(entry.name) && !/\.test\.ts$/.test(entry.name))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
    .filter((file) => !file.includes('/generated/') && !(file in EXEMPT));

/** Lines of code that read the server's clock for anything but liveness. */
function violations(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => !/^\s*(?:--|\*|\/\*|\/\/)/.test(line))
    .filter((line) => SERVER_CLOCK.test(line) && !LIVENESS.test(line) && !/^\s*(?:async )?now\(\)[:\s]/.test(line))
    .map((line) => line.trim());
}

describe('SQL reads business time from pressroom_now()', () => {
  it.each([...sourcesOf('prisma/functions'), ...sourcesOf('packages/db/src')])('%s', (file) => {
    expect(violations(readFileSync(join(ROOT, file), 'utf8'))).toEqual([]);
  });

  it.each(['UPDATE task SET finished_at = now()', 'deadline_at < CURRENT_TIMESTAMP', 'x > clock_timestamp()'])(
    'finds a fault in: %s',
    (line) => {
      expect(violations(line)).toEqual([line]);
    },
  );

  it.each(['UPDATE task SET finished_at = pressroom_now()', 'w.expires_at > now()', '-- as now() says'])(
    'finds none in: %s',
    (line) => {
      expect(violations(line)).toEqual([]);
    },
  );
});
