import { existsSync, readFileSync, writeFileSync } from 'node:fs';

import { findFreePort, probePort } from '@pressroom/runtime';

/** Chooses the last used port if it is free, so that copied URLs stay valid, else a free one. */
export async function choosePort(file: string): Promise<number> {
  const last = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0;
  const usable = Number.isInteger(last) && last > 0 && last < 65_536 && (await probePort(last)) === undefined;
  return usable ? last : findFreePort();
}

export function storePort(file: string, port: number): void {
  writeFileSync(file, `${port}\n`);
}
