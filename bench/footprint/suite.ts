/** `npm run bench -- footprint [--tasks 2000]`: storage per task of workload W in PostgreSQL, by table and index. */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { createRetentionStore, type RetentionStore } from '@pressroom/db';

import { openWorkloadDriver } from '../load/drive-workload.ts';
import { openPrivateStore, type PrivateStore } from '../load/open-private-store.ts';
import { describeCommit } from '../machine/describe-machine.ts';
import { workloadPipeline } from '../orchestration/workload.ts';
import { measureFootprint } from './measure-footprint.ts';
import { renderFootprint } from './render-footprint.ts';

const RESULTS = new URL('../results/', import.meta.url);
const INPUT = { topic: 'a topic', sections: 3 };

let store: PrivateStore | undefined;
export const interrupted = async (): Promise<void> => store?.close();

export async function run(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: { tasks: { type: 'string', default: '2000' } } });
  const startedAt = new Date().toISOString();
  store = await openPrivateStore();
  const { database, sql, tenantId } = store;
  try {
    const driver = await openWorkloadDriver(database, { pipeline: workloadPipeline, input: INPUT, tenantId });
    await driver.run(Number(values.tasks));
    const retention = createRetentionStore(database);
    const footprints = [await measureFootprint(sql, 'right after finishing')];
    await compactAll(retention);
    footprints.push(await measureFootprint(sql, 'folded, 15 minutes later'));
    while ((await retention.remove('event', 0, 1_000)) > 0);
    footprints.push(await measureFootprint(sql, 'without events, 7 days later'));
    while ((await retention.remove('attempt', 0, 1_000)) > 0);
    footprints.push(await measureFootprint(sql, 'without attempts, 30 days later'));
    const page = renderFootprint(footprints, { startedAt, commit: describeCommit() });
    writeFileSync(new URL('footprint.md', RESULTS), page);
    writeFileSync(new URL('footprint.json', RESULTS), `${JSON.stringify({ startedAt, footprints }, null, 2)}\n`);
    console.log(page);
    return 0;
  } finally {
    await store.close();
  }
}

async function compactAll(retention: RetentionStore): Promise<void> {
  let after: string | null = null;
  do {
    ({ next: after } = await retention.compact(after, 0));
  } while (after !== null);
}
