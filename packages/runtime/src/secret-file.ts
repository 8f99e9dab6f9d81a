import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

import { Secret } from './secret.ts';

const SECRET_BYTES = 24;

/**
 * Reads the secret in the file `path`, readable by its owner only; creates file and directory on first use. Concurrent
 * callers in several processes get the same secret. Throws when the file is empty or cannot be read or written.
 * @param prefix start of a new secret, which makes it recognisable for people and secret scanners
 */
export function readOrCreateSecretFile(path: string, prefix = ''): Secret {
  if (!existsSync(path)) createSecretFile(path, `${prefix}${randomBytes(SECRET_BYTES).toString('base64url')}\n`);
  // A backup may have restored other permissions.
  chmodSync(path, 0o600);
  const secret = readFileSync(path, 'utf8').trim();
  if (secret === '') throw new Error(`${path} is empty: delete it, and the next start creates a new secret`);
  return new Secret(secret);
}

/** Links a complete file into place: no reader sees a partial file, and the first of several writers wins. */
function createSecretFile(path: string, content: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o711 });
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  writeFileSync(draft, content, { mode: 0o600, flag: 'wx' });
  try {
    linkSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}
