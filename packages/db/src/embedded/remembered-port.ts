import { existsSync, readFileSync, writeFileSync } from 'node:fs';

import { findFreePort, probePort } from '@pressroom/runtime';

/** The port used last time if it is still free, so that URLs people copied stay good; else a new one. */
export async function choosePort(file: string): Promise<number> {
  const last = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0;
  const usable = Number.isInteger(last) && last > 0 && last < 65_536 && (await probePort(last)) === undefined;
  return usable ? last : findFreePort();
}

export function rememberPort(file: string, port: number): void {
  writeFileSync(file, `${port}\n`);
}
