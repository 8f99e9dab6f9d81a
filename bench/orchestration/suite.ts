/** Runs `npm run bench -- orchestration` and writes its results. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { errorMessage, seededRandom } from '@pressroom/runtime';

import { describeCommit, describeMachine, installedVersions } from '../machine/describe-machine.ts';
import { waitUntilQuiet } from '../machine/wait-until-quiet.ts';
import type { Contender } from './contender.ts';
import { OURS, OURS_POSTGRES, OURS_REDIS, PEERS } from './contenders.ts';
import { installPeers, PEERS_DIR } from './install-peers.ts';
import { earlierRelease } from './earlier-release.ts';
import { measureRound, type RoundFigures } from './measure-round.ts';
import { parseOptions, USAGE, type Options } from './options.ts';
import { renderReport } from './report.ts';
import type { Results } from './results.ts';
import { rotate } from './rotate.ts';
import { measureBacklogGrowth } from './rows/backlog-growth.ts';
import { measureTenantWait } from './rows/tenant-wait.ts';
import { measureWorkerKills } from './rows/worker-kill.ts';
import { stopAllContenders } from './start-contender.ts';
import { decideVerdicts } from './verdicts.ts';

export const interrupted = stopAllContenders;

const RESULTS_DIR = join(import.meta.dirname, '..', 'results');
/** Retries once after accidental failures (a port in use); a second failure is reported and the measurement skipped. */
const MAX_ATTEMPTS = 2;

/** Returns the exit code: a missed target is a result, not a failure. */
export async function run(args: readonly string[]): Promise<number> {
  let options: Options;
  try {
    options = parseOptions(args, Math.trunc(Math.random() * 1_000_000_000) + 1);
  } catch (error) {
    console.error(`${errorMessage(error)}\n\n${USAGE}`);
    return 2;
  }
  const skipped: Results['skipped'] = [];
  const earlier = options.against.map((revision) => earlierRelease(revision));
  const peers = choosePeers(options, skipped);
  // Comparisons with earlier revisions need many pairs of rounds, so variants of this revision are left out.
  const ours = earlier.length > 0 && peers.length === 0 ? [OURS_REDIS] : OURS;
  const contenders = [...ours, ...earlier, ...peers];
  const results: Results = {
    startedAt: new Date().toISOString(),
    finishedAt: '',
    quick: options.quick,
    seed: options.seed,
    sizes: options.sizes,
    machine: describeMachine(tmpdir()),
    commit: describeCommit(),
    earlier: earlier.map(({ name, label }) => ({ name, label })),
    versions: peers.length > 0 ? installedVersions(PEERS_DIR) : {},
    rounds: [],
    backlog: [],
    kills: [],
    tenantWait: [],
    skipped,
  };
  console.log(`orchestration benchmark, seed ${options.seed}`);
  await measureAll(options, contenders, results);
  results.finishedAt = new Date().toISOString();
  const { report, files } = save(results, contenders);
  console.log(`\n${report}\nWritten to ${files}`);
  // A requested measurement without any result is a failure of the benchmark.
  return skipped.length === 0 ? 0 : 1;
}

async function measureAll(options: Options, contenders: readonly Contender[], results: Results): Promise<void> {
  const { sizes, parts } = options;
  const random = seededRandom(options.seed);
  const measure = <T>(what: string, into: T[], work: () => Promise<T>): Promise<void> =>
    attempt(what, sizes.quietMs, results.skipped, async () => {
      into.push(await work());
      // Results so far survive an interrupted run.
      results.finishedAt = new Date().toISOString();
      save(results, contenders);
    });

  if (parts.includes('rounds')) {
    for (let round = 1; round <= sizes.rounds; round += 1) {
      for (const contender of rotate(contenders, round - 1)) {
        await measure(`round ${round}: ${contender.name}`, results.rounds, async () => {
          const figures = await measureRound(contender, round, sizes.round);
          console.log(describeRound(figures));
          return figures;
        });
      }
    }
  }
  if (parts.includes('backlog')) {
    for (const contender of [OURS_REDIS, OURS_POSTGRES]) {
      await measure(`waiting tasks: ${contender.name}`, results.backlog, () =>
        measureBacklogGrowth(contender, sizes.backlog),
      );
    }
  }
  if (parts.includes('kills')) {
    await measure('killed workers', results.kills, () => measureWorkerKills(OURS_REDIS, sizes.kill, random));
  }
  if (parts.includes('tenants')) {
    await measure('fairness', results.tenantWait, () => measureTenantWait(OURS_REDIS, sizes.tenantWait, random));
  }
}

function save(results: Results, contenders: readonly Contender[]): { report: string; files: string } {
  const name = results.quick
    ? 'orchestration-quick'
    : results.earlier.length > 0
      ? 'orchestration-against'
      : 'orchestration';
  const report = renderReport(results, contenders);
  const json = JSON.stringify({ ...results, verdicts: decideVerdicts(results) }, undefined, 2);
  mkdirSync(RESULTS_DIR, { recursive: true });
  writeFileSync(join(RESULTS_DIR, `${name}.md`), report);
  writeFileSync(join(RESULTS_DIR, `${name}.json`), `${json}\n`);
  return { report, files: `bench/results/${name}.md and .json` };
}

const describeRound = (figures: RoundFigures): string =>
  `  ${figures.tasksPerSecond.toFixed(0)} tasks/s, ${figures.cpuMsPerTask.toFixed(1)} ms CPU a task, ` +
  `lone task ${figures.loneP50Ms.toFixed(1)} / ${figures.loneP99Ms.toFixed(1)} ms, ` +
  `${figures.submissionsPerSecond.toFixed(0)} submissions/s, others ${(figures.foreignCpuShare * 100).toFixed(0)} %`;

async function attempt(
  what: string,
  quietMs: number,
  skipped: Results['skipped'],
  work: () => Promise<unknown>,
): Promise<void> {
  for (let attemptNumber = 1; ; attemptNumber += 1) {
    if (quietMs > 0) await waitUntilQuiet(quietMs);
    const startedMs = performance.now();
    try {
      await work();
      console.log(`${what} (${((performance.now() - startedMs) / 1_000).toFixed(0)} s)`);
      return;
    } catch (error) {
      console.error(`${what} failed: ${errorMessage(error)}`);
      if (attemptNumber < MAX_ATTEMPTS) continue;
      skipped.push({ what, reason: firstLine(error) });
      return;
    }
  }
}

function choosePeers(options: Options, skipped: Results['skipped']): Contender[] {
  const chosen = PEERS.filter(({ name }) => options.peers.includes(name));
  if (chosen.length === 0 || !options.parts.includes('rounds')) return [];
  try {
    installPeers();
    return chosen;
  } catch (error) {
    console.error(errorMessage(error));
    skipped.push({ what: 'all peers', reason: firstLine(error) });
    return [];
  }
}

const firstLine = (error: unknown): string => errorMessage(error).split('\n', 1).join('');
