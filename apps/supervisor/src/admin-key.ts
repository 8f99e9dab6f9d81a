import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';

import { Secret } from '@pressroom/runtime';

/** The key kept in `path`; made on the first start, readable by its owner only. */
export function readOrCreateAdminKey(path: string): Secret {
  if (!existsSync(path)) {
    writeFileSync(path, `pressroom_admin_${randomBytes(24).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' });
  }
  // Someone may have restored it from a backup with other permissions.
  chmodSync(path, 0o600);
  return new Secret(readFileSync(path, 'utf8').trim());
}
