import { percentile, ratiosByRound, summarise, type Summary } from '../statistics/summarise.ts';
import { ratioInterval, type Interval } from '../statistics/ratio-interval.ts';
import type { RoundFigures } from './measure-round.ts';
import type { Results } from './results.ts';
import type { BacklogFigures } from './rows/backlog-growth.ts';

/** One target with its measurement. */
export interface Row {
  figure: string;
  target: string;
  measured: string;
  verdict: 'met' | 'missed' | 'not measured';
}

export type RoundFigure = Exclude<keyof RoundFigures, 'contender' | 'round' | 'cpuMsByRole'>;

/** Minimum number of measurements for a verdict. */
const MIN_KILLS = 20;
const MIN_SAMPLES = 30;
const MIN_PAIRS = 15;
const MIB = 2 ** 20;
/** One slot's worth of look-ahead per queue: 32 slots, five agents in two lanes. More queued steps would only wait. */
const MAX_QUEUED_STEPS = 320;

type Measured = Pick<Results, 'earlier' | 'rounds' | 'backlog' | 'kills' | 'tenantWait'>;

/** A figure of one contender over all rounds; `undefined` when it was not measured. */
export function summariseFigure(
  rounds: readonly RoundFigures[],
  contender: string,
  figure: RoundFigure,
): Summary | undefined {
  const values = [...byRound(rounds, contender, figure).values()];
  return values.length === 0 ? undefined : summarise(values);
}

/** Ratio of Pressroom's figure to a peer's, round by round. */
export function summariseRatio(
  rounds: readonly RoundFigures[],
  peer: string,
  figure: RoundFigure,
  ours = 'pressroom',
): Summary | undefined {
  const ratios = ratiosByRound(byRound(rounds, ours, figure), byRound(rounds, peer, figure));
  return ratios.length === 0 ? undefined : summarise(ratios);
}

/**
 * Decides the verdict of every target by medians; those against earlier revisions by the 95 % interval of the ratio.
 */
export function decideVerdicts(results: Measured): Row[] {
  return results.earlier.length > 0 ? earlierRows(results) : targetRows(results);
}

function targetRows(results: Measured): Row[] {
  const { rounds } = results;
  const figure = (name: RoundFigure, contender = 'pressroom') => summariseFigure(rounds, contender, name);
  const ratio = (peer: string, name: RoundFigure) => summariseRatio(rounds, peer, name);
  // Users have its own client; plain HTTP is the same transport as Pressroom's, which is the harder comparison.
  const restates = [
    { peer: 'restate', by: 'Restate by its own client' },
    { peer: 'restate-http', by: 'Restate by plain HTTP' },
  ];
  const againstRestate = (name: string, target: string, of: RoundFigure, isMet: (ratio: number) => boolean): Row[] =>
    restates.map(({ peer, by }) => row(`${name}, against ${by}`, target, ratio(peer, of), isMet, times));
  return [
    ...againstRestate('tasks/s, 1,000 at once', '> 1 ×', 'tasksPerSecond', (x) => x > 1),
    row('tasks/s, 1,000 at once, against DBOS', '≥ 1.8 ×', ratio('dbos', 'tasksPerSecond'), (x) => x >= 1.8, times),
    row('CPU a task over all our processes', '≤ 5 ms', figure('cpuMsPerTask'), (x) => x <= 5, ms),
    ...againstRestate('lone task p50', '≤ 1.25 ×', 'loneP50Ms', (x) => x <= 1.25),
    row('lone task p99', '≤ 22 ms', figure('loneP99Ms'), (x) => x <= 22, ms),
    ...againstRestate('submissions/s over REST', '≥ 1 ×', 'submissionsPerSecond', (x) => x >= 1),
    row('PostgreSQL alone: tasks/s', '≥ 120', figure('tasksPerSecond', 'pressroom-postgres'), (x) => x >= 120, count),
    row('PostgreSQL alone: lone task p50', '≤ 35 ms', figure('loneP50Ms', 'pressroom-postgres'), (x) => x <= 35, ms),
    ...['pressroom', 'pressroom-postgres'].flatMap((contender) => backlogRows(contender, results.backlog)),
    ...killRows(results),
    ...tenantRows(results),
  ];
}

/** Maximum ratio to an earlier revision, for the upper end of the interval. */
const MAX_SLOWDOWN = 1.05;

function earlierRows({ earlier, rounds }: Measured): Row[] {
  return earlier.flatMap(({ name, label }) => [
    earlierRow(
      `CPU a task, against ${label}`,
      rounds,
      name,
      'cpuMsPerTask',
      `< ${MAX_SLOWDOWN} ×`,
      ({ high }) => high < MAX_SLOWDOWN,
    ),
    earlierRow(
      `tasks/s, against ${label}`,
      rounds,
      name,
      'tasksPerSecond',
      `> ${(1 / MAX_SLOWDOWN).toFixed(2)} ×`,
      ({ low }) => low > 1 / MAX_SLOWDOWN,
    ),
    earlierRow(
      `lone task p50, against ${label}`,
      rounds,
      name,
      'loneP50Ms',
      `< ${MAX_SLOWDOWN} ×`,
      ({ high }) => high < MAX_SLOWDOWN,
    ),
  ]);
}

function earlierRow(
  title: string,
  rounds: readonly RoundFigures[],
  peer: string,
  figure: RoundFigure,
  target: string,
  isMet: (interval: Interval) => boolean,
): Row {
  const ratios = ratiosByRound(byRound(rounds, 'pressroom', figure), byRound(rounds, peer, figure));
  const interval = ratioInterval(ratios);
  const name = `${title}: 95 % interval of the ratio`;
  if (!interval) return notMeasured(name, target);
  const { mean, low, high } = interval;
  return {
    figure: name,
    target,
    measured: `${times(mean)} (${times(low)} – ${times(high)}, ${ratios.length} paired rounds)`,
    verdict: verdict(isMet(interval), ratios.length >= MIN_PAIRS),
  };
}

function byRound(rounds: readonly RoundFigures[], contender: string, figure: RoundFigure): Map<number, number> {
  return new Map(
    rounds.flatMap((round) => {
      const value = round[figure];
      return round.contender === contender && value !== undefined ? [[round.round, value] as const] : [];
    }),
  );
}

function backlogRows(contender: string, all: readonly BacklogFigures[]): Row[] {
  const on = contender === 'pressroom' ? 'Redis' : 'PostgreSQL alone';
  const figures = all.find((each) => each.contender === contender);
  const pairs = figures?.small.flatMap((small, index) => {
    const large = figures.large[index];
    return large ? [{ small, large }] : [];
  });
  const measured = pairs && pairs.length > 0 ? pairs : undefined;
  const speed = measured && summarise(measured.map(({ small, large }) => large.tasksPerSecond / small.tasksPerSecond));
  const growth =
    measured && summarise(measured.map(({ small, large }) => large.queueStoreBytes - small.queueStoreBytes));
  const queued = measured && summarise(measured.map(({ large }) => large.queuedSteps));
  const held = measured && summarise(measured.map(({ large }) => large.queueStoreBytes)).median / MIB;
  return [
    row(`1,000 → 100,000 waiting, ${on}: throughput`, '≥ 0.9 ×', speed, (x) => x >= 0.9, times),
    row(
      `1,000 → 100,000 waiting, ${on}: growth of the queue store`,
      'flat (≤ 2 MiB)',
      growth,
      (bytes) => bytes <= 2 * MIB,
      (bytes) => `${(bytes / MIB).toFixed(2)} MiB of ${held?.toFixed(1) ?? '?'}`,
    ),
    row(
      `100,000 waiting, ${on}: steps held by the queue store`,
      `≤ ${MAX_QUEUED_STEPS} (slots × queues)`,
      queued,
      (steps) => steps <= MAX_QUEUED_STEPS,
      count,
    ),
  ];
}

function killRows({ kills }: Measured): Row[] {
  return kills.length === 0
    ? [notMeasured('SIGKILL of a worker → its steps run elsewhere, p95', '≤ 8 s')]
    : kills.map(({ contender, kills: count, handOverMs }) => {
        const p95 = percentile(handOverMs, 0.95);
        return {
          figure: `SIGKILL of a worker → its steps run elsewhere, p95 (${contender})`,
          target: '≤ 8 s',
          measured: `${(p95 / 1_000).toFixed(2)} s (${count} kills, ${handOverMs.length} steps)`,
          verdict: verdict(p95 <= 8_000, count >= MIN_KILLS),
        };
      });
}

function tenantRows({ tenantWait }: Measured): Row[] {
  const name = 'one-task tenant behind 10,000 waiting: extra wait before its first step, p95';
  return tenantWait.length === 0
    ? [notMeasured(name, '≤ 300 ms')]
    : tenantWait.map(({ contender, extraMs, behindMs }) => {
        const p95 = percentile(extraMs, 0.95);
        return {
          figure: `${name} (${contender})`,
          target: '≤ 300 ms',
          measured: `${p95.toFixed(0)} ms (p50 ${percentile(extraMs, 0.5).toFixed(0)}, ${behindMs.length} tenants)`,
          verdict: verdict(p95 <= 300, behindMs.length >= MIN_SAMPLES),
        };
      });
}

function row(
  figure: string,
  target: string,
  summary: Summary | undefined,
  isMet: (median: number) => boolean,
  show: (value: number) => string,
): Row {
  if (!summary) return notMeasured(figure, target);
  const { median, min, max, n } = summary;
  const range = n > 1 ? ` (${show(min)} – ${show(max)}, ${n} rounds)` : '';
  return { figure, target, measured: `${show(median)}${range}`, verdict: verdict(isMet(median), true) };
}

const notMeasured = (figure: string, target: string): Row => ({
  figure,
  target,
  measured: '–',
  verdict: 'not measured',
});
/** Too few measurements prove nothing, unless they already show a miss. */
const verdict = (met: boolean, enough: boolean): Row['verdict'] => (!met ? 'missed' : enough ? 'met' : 'not measured');

const times = (value: number): string => `${value.toFixed(2)} ×`;
const ms = (value: number): string => `${value.toFixed(value < 10 ? 2 : 1)} ms`;
const count = (value: number): string => value.toFixed(0);
