/**
 * `npm run bench -- soak [--tasks 200000] [--rounds 20]`: runs small tasks through days of business time with retention enabled,
 * and checks that the store stops growing after the retention window.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { createRetentionStore } from '@pressroom/db';
import { createRetentionJob, RetentionConfig } from '@pressroom/engine';
import { silentLogger, systemClock } from '@pressroom/runtime';

import { openWorkloadDriver } from '../load/drive-workload.ts';
import { openPrivateStore, type PrivateStore } from '../load/open-private-store.ts';
import { describeCommit } from '../machine/describe-machine.ts';
import { workloadPipeline } from '../orchestration/workload.ts';
import { judgeGrowth, type DayFigures } from './judge-growth.ts';

const RESULTS = new URL('../results/', import.meta.url);
/** Retention window: everything that can be removed is removed after this many days, several times in a soak. */
const WINDOW_DAYS = 4;

let store: PrivateStore | undefined;
export const interrupted = async (): Promise<void> => store?.close();

export async function run(args: readonly string[]): Promise<number> {
  const options = { tasks: { type: 'string', default: '200000' }, rounds: { type: 'string', default: '20' } } as const;
  const { values } = parseArgs({ args: [...args], options });
  const rounds = Number(values.rounds);
  const tasksPerRound = Math.ceil(Number(values.tasks) / rounds);
  store = await openPrivateStore();
  try {
    const figures: DayFigures[] = [];
    for (let day = 1; day <= rounds; day += 1) {
      figures.push(await runDay(store, day, tasksPerRound));
      console.log(JSON.stringify(figures.at(-1)));
    }
    const growth = judgeGrowth(figures, WINDOW_DAYS);
    const page = render(figures, growth.text, tasksPerRound);
    const isShort = Number(values.tasks) < 100_000;
    writeFileSync(new URL(isShort ? 'soak-short.md' : 'soak.md', RESULTS), page);
    console.log(growth.text);
    return growth.isFlat ? 0 : 1;
  } finally {
    await store.close();
  }
}

/** A day of business time: single-step tasks, then every retention rule, then the work of autovacuum. */
async function runDay({ database, sql, tenantId }: PrivateStore, day: number, tasks: number): Promise<DayFigures> {
  await sql.query(`CREATE OR REPLACE FUNCTION pressroom_now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE
                   AS $$ SELECT now() + ${day} * interval '1 day' $$`);
  const [first] = workloadPipeline.plan({}, 'balanced');
  if (!first) throw new Error('workload W has no steps');
  const oneStep = { ...workloadPipeline, plan: () => [first], expand: () => ({ steps: [], joins: {} }) };
  const driver = await openWorkloadDriver(database, { pipeline: oneStep, input: { topic: 'a topic' }, tenantId });
  const startedMs = performance.now();
  await driver.run(tasks);
  const workedMs = performance.now();
  const job = createRetentionJob({
    store: createRetentionStore(database),
    ledger: undefined,
    config: RetentionConfig.parse({
      compactAfterMinutes: 0,
      eventDays: 1,
      attemptDays: 2,
      callDays: 2,
      contentDays: 3,
      taskDays: WINDOW_DAYS,
      maxRowsPerRun: 10_000_000,
    }),
    deadLetters: { endedDays: 1, openDays: 1 },
    clock: systemClock,
    log: silentLogger(),
  });
  // A rule runs for at most ten seconds at a time.
  for (let removed = 1; removed > 0;) removed = [...(await job.run()).values()].reduce((sum, count) => sum + count, 0);
  const retentionMs = performance.now() - workedMs;
  await sql.query('VACUUM');
  const { rows } = await sql.query<{ bytes: number; tasks: number }>(
    'SELECT pg_database_size(current_database())::float8 AS bytes, (SELECT count(*) FROM task)::float8 AS tasks',
  );
  return {
    day,
    tasks: rows[0]?.tasks ?? 0,
    storeBytes: rows[0]?.bytes ?? 0,
    retentionMs,
    workMs: workedMs - startedMs,
  };
}

/** Renders the figures as a Markdown page. */
function render(figures: readonly DayFigures[], verdict: string, tasksPerRound: number): string {
  const lines = figures.map(
    ({ day, tasks, storeBytes, workMs, retentionMs }) =>
      `| ${day} | ${tasks.toLocaleString('en')} | ${(storeBytes / 1e6).toFixed(1)} | ${(workMs / tasksPerRound).toFixed(2)} | ${(retentionMs / tasksPerRound).toFixed(2)} |`,
  );
  return `# Soak with retention

${(tasksPerRound * figures.length).toLocaleString('en')} tasks of one step, ${tasksPerRound.toLocaleString('en')} a day of business time, everything removed after ${WINDOW_DAYS} days.
Commit ${describeCommit()}. The store is **${verdict}**.

| day | tasks kept | store, MB | work, ms a task | retention, ms a task |
| --: | ---------: | --------: | --------------: | -------------------: |
${lines.join('\n')}
`;
}
