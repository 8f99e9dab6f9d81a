import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { describeMachine } from '../machine/describe-machine.ts';
import { waitUntilQuiet } from '../machine/wait-until-quiet.ts';
import { measureIdle, type IdleFigures } from './measure-idle.ts';

const TARGET = { pssMiB: 550, cpuShare: 0.03 };
/** Limits in continuous integration, whose machines are busy and differ. */
const BOUND = { pssMiB: 700, cpuShare: 0.12 };
const QUIET_WAIT_MS = 60_000;
const RESULTS_DIR = join(import.meta.dirname, '../results');

const interruption = new AbortController();

/** `npm run bench -- idle [--check]`: exit code 1 when the footprint exceeds the target (with `--check`: the CI limit). */
export async function run(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: { check: { type: 'boolean', default: false } } });
  const { signal } = interruption;
  // The first start compiles and may install; later starts use its caches.
  await measureIdle({ settleMs: 0, windowMs: 1, signal });
  const busyShare = values.check ? undefined : await waitUntilQuiet(QUIET_WAIT_MS);
  const figures = await measureIdle({ settleMs: 15_000, windowMs: values.check ? 15_000 : 60_000, signal });
  const limit = values.check ? BOUND : TARGET;
  const isWithin = figures.pssMiB <= limit.pssMiB && figures.cpuShare <= limit.cpuShare;
  const report = renderReport(figures, busyShare);
  console.log(report);
  if (!values.check) writeFileSync(join(RESULTS_DIR, 'idle.md'), report);
  console.log(isWithin ? 'within the limit' : `above ${limit.pssMiB} MiB or ${limit.cpuShare * 100} % of one core`);
  return isWithin ? 0 : 1;
}

export const interrupted = (): Promise<void> => {
  interruption.abort();
  return Promise.resolve();
};

function renderReport({ groups, pssMiB, cpuShare, windowMs }: IdleFigures, busyShare: number | undefined): string {
  const { cpu, cores, memoryGiB, system, node } = describeMachine(RESULTS_DIR);
  const percent = (share: number): string => `${(share * 100).toFixed(2)} %`;
  return [
    '# Idle footprint of `npm start`',
    '',
    `All processes of a fresh system without work, npm included, over ${Math.round(windowMs / 1_000)} s. Memory is the`,
    'proportional set size (PSS) at the end, CPU the share of one core. Target: 550 MiB and 3 %.',
    '',
    '| processes | count | PSS, MiB | CPU |',
    '| --- | --- | --- | --- |',
    ...groups.map(
      (group) =>
        `| ${group.group} | ${group.processes} | ${group.pssMiB.toFixed(1)} | ${percent(group.cpuMs / windowMs)} |`,
    ),
    `| all | ${groups.reduce((sum, { processes }) => sum + processes, 0)} | ${pssMiB.toFixed(1)} | ${percent(cpuShare)} |`,
    '',
    `${cpu}, ${cores} cores, ${memoryGiB} GiB, ${system}, Node ${node}.`,
    ...(busyShare === undefined
      ? []
      : [`The machine was ${percent(busyShare)} busy with other work before the start.`]),
    '',
  ].join('\n');
}
