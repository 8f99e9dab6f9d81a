import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { ConfigError, errorMessage } from '@pressroom/runtime';

/**
 * Creates the directory of the ledger archive where it is missing.
 * @throws {ConfigError} when it is no directory or cannot be written: months later the archive would fail unnoticed
 */
export function prepareArchiveDirectory(directory: string): void {
  try {
    createDirectory(directory);
    if (!statSync(directory).isDirectory()) throw new Error('it is not a directory');
    accessSync(directory, constants.W_OK | constants.X_OK);
  } catch (error) {
    const message = `cannot be written (${errorMessage(error)}): name a directory that this process may write`;
    throw new ConfigError('PRESSROOM_CONFIG', [{ path: 'retention.ledgerArchiveDir', message }]);
  }
}

/** Node's recursive `mkdir` never returns where a file system answers ENOENT for a directory below one that exists (`/proc`). */
function createDirectory(path: string): void {
  if (existsSync(path)) return;
  createDirectory(dirname(path));
  mkdirSync(path);
}
