import { realpathSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

import type { Account } from './unprivileged-account.ts';

/** Can `account` enter every directory down to `path`, which must exist? Checks mode bits only. */
export function isReachable(path: string, account: Account): boolean {
  for (let directory = realpathSync(path); ; directory = dirname(directory)) {
    const { mode, uid, gid, isDirectory } = statOf(directory);
    const bits = uid === account.uid ? mode >> 6 : gid === account.gid ? mode >> 3 : mode;
    if (isDirectory && (bits & 1) === 0) return false;
    if (directory === dirname(directory)) return true;
  }
}

function statOf(path: string) {
  const stat = statSync(path);
  return { mode: stat.mode, uid: stat.uid, gid: stat.gid, isDirectory: stat.isDirectory() };
}
