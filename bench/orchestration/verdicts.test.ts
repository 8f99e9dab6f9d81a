import { describe, expect, it } from 'vitest';

import type { RoundFigures } from './measure-round.ts';
import { decideVerdicts, summariseFigure, summariseRatio } from './verdicts.ts';

const aRound = (contender: string, round: number, figures: Partial<RoundFigures> = {}): RoundFigures => ({
  contender,
  round,
  tasksPerSecond: 400,
  acceptedPerSecond: 900,
  cpuMsPerTask: 4,
  cpuMsByRole: {},
  loadGeneratorCpuMsPerTask: 0.5,
  foreignCpuShare: 0,
  loneP50Ms: 10,
  loneP99Ms: 15,
  submissionsPerSecond: 3_000,
  ...figures,
});

const nothing = { earlier: [], rounds: [], backlog: [], kills: [], tenantWait: [] };
const verdictOf = (rows: ReturnType<typeof decideVerdicts>, part: string) =>
  rows.filter((row) => row.figure.includes(part)).map((row) => row.verdict);

describe('summariseRatio', () => {
  it('is the median of ratios, not the ratio of medians', () => {
    const rounds = [
      aRound('pressroom', 1, { tasksPerSecond: 300 }),
      aRound('pressroom', 2, { tasksPerSecond: 100 }),
      aRound('pressroom', 3, { tasksPerSecond: 500 }),
      aRound('restate', 1, { tasksPerSecond: 100 }),
      aRound('restate', 2, { tasksPerSecond: 200 }),
      aRound('restate', 3, { tasksPerSecond: 250 }),
    ];
    expect(summariseRatio(rounds, 'restate', 'tasksPerSecond')).toEqual({ median: 2, min: 0.5, max: 3, n: 3 });
  });

  it('is undefined when the peer was not measured', () => {
    expect(summariseRatio([aRound('pressroom', 1)], 'restate', 'tasksPerSecond')).toBeUndefined();
    expect(summariseFigure([aRound('pressroom', 1)], 'restate', 'tasksPerSecond')).toBeUndefined();
  });
});

describe('decideVerdicts', () => {
  it('marks every target as not measured without results', () => {
    expect(new Set(decideVerdicts(nothing).map((row) => row.verdict))).toEqual(new Set(['not measured']));
  });

  it.each([
    { part: 'against DBOS', figures: { tasksPerSecond: 360 }, expected: 'met' },
    { part: 'against DBOS', figures: { tasksPerSecond: 359 }, expected: 'missed' },
    { part: 'lone task p50, against Restate by its own', figures: { loneP50Ms: 12.5 }, expected: 'met' },
    { part: 'lone task p50, against Restate by its own', figures: { loneP50Ms: 12.6 }, expected: 'missed' },
    { part: 'lone task p99', figures: { loneP99Ms: 22.1 }, expected: 'missed' },
    { part: 'CPU a task', figures: { cpuMsPerTask: 5 }, expected: 'met' },
    { part: 'CPU a task', figures: { cpuMsPerTask: 5.01 }, expected: 'missed' },
    {
      part: 'submissions/s over REST, against Restate by its own',
      figures: { submissionsPerSecond: 2_499 },
      expected: 'missed',
    },
  ])('$part with $figures is $expected', ({ part, figures, expected }) => {
    const rounds = [
      aRound('pressroom', 1, figures),
      aRound('dbos', 1, { tasksPerSecond: 200 }),
      aRound('restate', 1, { loneP50Ms: 10, submissionsPerSecond: 2_500 }),
    ];
    expect(verdictOf(decideVerdicts({ ...nothing, rounds }), part)).toEqual([expected]);
  });

  it('is not met against a peer with equal speed', () => {
    const rounds = [aRound('pressroom', 1), aRound('restate', 1)];
    expect(verdictOf(decideVerdicts({ ...nothing, rounds }), '1,000 at once, against Restate by its own')).toEqual([
      'missed',
    ]);
  });

  it('compares the large backlog with the small one of the same repeat', () => {
    const sample = (tasksPerSecond: number, mib: number) => ({
      waiting: 1,
      tasksPerSecond,
      queueStoreBytes: mib * 2 ** 20,
      queuedSteps: mib * 100,
    });
    const backlog = [
      {
        contender: 'pressroom',
        small: [sample(100, 2), sample(400, 2)],
        large: [sample(95, 2), sample(350, 9)],
      },
    ];
    const rows = decideVerdicts({ ...nothing, backlog });
    expect(verdictOf(rows, 'waiting, Redis: throughput')).toEqual(['met']);
    expect(verdictOf(rows, 'waiting, Redis: growth')).toEqual(['missed']);
    expect(verdictOf(rows, 'waiting, Redis: steps held')).toEqual(['missed']);
    expect(new Set(verdictOf(rows, 'waiting, PostgreSQL alone'))).toEqual(new Set(['not measured']));
  });

  it('needs twenty kills for a met hand-over, but one slow one for a missed one', () => {
    const kills = (count: number, handOverMs: number[]) =>
      verdictOf(
        decideVerdicts({
          ...nothing,
          kills: [{ contender: 'pressroom', kills: count, handOverMs, detectedMs: handOverMs }],
        }),
        'SIGKILL',
      );
    expect(kills(20, [5_000, 6_000])).toEqual(['met']);
    expect(kills(3, [5_000, 6_000])).toEqual(['not measured']);
    expect(kills(3, [9_000])).toEqual(['missed']);
  });

  it('judges the extra wait of lone tenants by its 95th percentile', () => {
    const wait = (extraMs: number[]) => ({
      contender: 'pressroom',
      idleMs: [],
      behindMs: extraMs,
      extraMs,
      backlogAfter: 1,
    });
    const thirty = Array.from({ length: 30 }, (_, index) => (index < 2 ? 400 : 100));
    expect(verdictOf(decideVerdicts({ ...nothing, tenantWait: [wait(thirty)] }), 'one-task tenant')).toEqual([
      'missed',
    ]);
    expect(
      verdictOf(decideVerdicts({ ...nothing, tenantWait: [wait(thirty.slice(1).concat(100))] }), 'one-task'),
    ).toEqual(['met']);
  });

  it.each([
    { title: 'is met when the whole interval is below the limit', cpuMs: () => 4.1, pairs: 15, expected: 'met' },
    {
      title: 'is missed when the interval reaches the limit',
      cpuMs: (round: number) => 3 + (round % 3),
      pairs: 15,
      expected: 'missed',
    },
    { title: 'needs fifteen pairs', cpuMs: () => 4.1, pairs: 14, expected: 'not measured' },
  ])('$title, against an earlier revision', ({ cpuMs, pairs, expected }) => {
    const rounds = Array.from({ length: pairs }, (_, index) => [
      aRound('pressroom', index, { cpuMsPerTask: cpuMs(index) }),
      aRound('pressroom@abc', index, { cpuMsPerTask: 4 }),
    ]).flat();
    const rows = decideVerdicts({
      ...nothing,
      earlier: [{ name: 'pressroom@abc', label: 'Pressroom at abc' }],
      rounds,
    });
    expect(verdictOf(rows, 'CPU a task')).toEqual([expected]);
  });
});
