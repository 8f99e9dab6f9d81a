import { percentile } from '../statistics/summarise.ts';
import type { Contender } from './contender.ts';
import type { Results } from './results.ts';
import { decideVerdicts, summariseFigure, summariseRatio, type RoundFigure } from './verdicts.ts';

const FIGURES: readonly { title: string; figure: RoundFigure; digits: number }[] = [
  { title: 'tasks/s', figure: 'tasksPerSecond', digits: 0 },
  { title: 'CPU ms/task', figure: 'cpuMsPerTask', digits: 2 },
  { title: 'commits/task', figure: 'commitsPerTask', digits: 2 },
  { title: 'lone p50 ms', figure: 'loneP50Ms', digits: 1 },
  { title: 'lone p99 ms', figure: 'loneP99Ms', digits: 1 },
  { title: 'submissions/s', figure: 'submissionsPerSecond', digits: 0 },
];
const RATIOS = FIGURES.filter(({ figure }) => figure !== 'commitsPerTask' && figure !== 'loneP99Ms');
/** CPU share of other processes above which the figures are not reliable. */
const NOISY_SHARE = 0.1;

/** Renders the results as a Markdown page: targets and verdicts first, then figures and caveats. */
export function renderReport(results: Results, contenders: readonly Contender[]): string {
  return [
    '# Orchestration benchmark',
    ...introduction(results),
    '## Targets',
    table(
      ['figure', 'target', 'measured: median (range)', 'verdict'],
      decideVerdicts(results).map((row) => [
        row.figure,
        row.target,
        row.measured,
        results.quick && row.verdict !== 'not measured' ? 'smoke run' : row.verdict,
      ]),
    ),
    '## Contenders',
    'Median (lowest – highest) over the rounds. CPU is that of all processes of a system, its stores included, without the load generator.',
    contenderTable(results, contenders),
    '### Pressroom on Redis against each peer',
    'Median of the ratios within a round (lowest – highest): above 1 is faster or more, below 1 is less.',
    ratioTable(results, contenders),
    '### What is compared',
    'The systems do not promise the same:',
    table(
      ['system', 'durability', 'submission', 'how completion is known', 'CPU counted', 'settings'],
      contenders.map(({ label, fairness, settings }) => [
        label,
        fairness.durability,
        fairness.submission,
        fairness.completion,
        fairness.counted,
        Object.entries(settings)
          .map(([name, value]) => `${name}: ${value}`)
          .join(', '),
      ]),
    ),
    '## Further rows',
    ...furtherRows(results),
    '## Where the CPU goes',
    cpuTable(results, contenders),
    '## Caveats',
    ...caveats(results).map((line) => `- ${line}`),
    '',
  ].join('\n\n');
}

function introduction(results: Results): string[] {
  const { machine, versions, sizes } = results;
  const { round } = sizes;
  const packages = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const smoke = results.quick
    ? ['**Smoke run: its sizes are too small for its figures and verdicts to mean anything.**']
    : [];
  return [
    ...smoke,
    `Workload W: a task of six steps (research → outline → three drafts in parallel → refine), 2 KB a result, no provider latency. ` +
      `Interleaved rounds (${sizes.rounds}) in rotating order, each contender on fresh stores: ${round.tasks} tasks at once from ${round.submitters} submitters ` +
      `after ${round.warmUp} to warm up, ${round.lone} tasks one by one, ${round.submissions} submissions without a worker.`,
    `${results.startedAt} to ${results.finishedAt}, commit ${results.commit}, seed ${results.seed}. ` +
      `${machine.cores} cores (${machine.cpu}), ${machine.memoryGiB} GiB, ${machine.system}, ${machine.disk}; Node ${machine.node}, Redis ${machine.redis}, ` +
      `${packages.join(', ')}.`,
  ];
}

function contenderTable({ rounds }: Results, contenders: readonly Contender[]): string {
  return table(
    ['system', ...FIGURES.map(({ title }) => title), 'rounds'],
    contenders.map(({ name, label }) => [
      label,
      ...FIGURES.map(({ figure, digits }) => {
        const summary = summariseFigure(rounds, name, figure);
        if (!summary) return '–';
        const [median, min, max] = [summary.median, summary.min, summary.max].map((value) => value.toFixed(digits));
        return summary.n > 1 ? `${median} (${min} – ${max})` : `${median}`;
      }),
      String(rounds.filter((round) => round.contender === name).length),
    ]),
  );
}

function ratioTable({ rounds }: Results, contenders: readonly Contender[]): string {
  return table(
    ['against', ...RATIOS.map(({ title }) => title)],
    contenders
      .filter(({ name }) => name !== 'pressroom')
      .map(({ name, label }) => [
        label,
        ...RATIOS.map(({ figure }) => {
          const ratio = summariseRatio(rounds, name, figure);
          if (!ratio) return '–';
          const [median, min, max] = [ratio.median, ratio.min, ratio.max].map((value) => value.toFixed(2));
          return ratio.n > 1 ? `${median} × (${min} – ${max})` : `${median} ×`;
        }),
      ]),
  );
}

function cpuTable({ rounds }: Results, contenders: readonly Contender[]): string {
  const rows = contenders.flatMap(({ name, label }) => {
    const own = rounds.filter((round) => round.contender === name);
    const roles = Object.keys(own[0]?.cpuMsByRole ?? {});
    const load = summariseFigure(rounds, name, 'loadGeneratorCpuMsPerTask');
    const foreign = summariseFigure(rounds, name, 'foreignCpuShare');
    if (!load || !foreign) return [];
    const parts = roles.map((role) => `${role} ${median(own.map((round) => round.cpuMsByRole[role] ?? 0)).toFixed(2)}`);
    return [[label, parts.join(', '), load.median.toFixed(2), `${(foreign.median * 100).toFixed(0)} %`]];
  });
  return table(['system', 'ms/task by process', 'load generator, not counted', 'other processes of the machine'], rows);
}

function furtherRows({ backlog, kills, tenantWait, sizes }: Results): string[] {
  const backlogs = backlog.flatMap(({ contender, small, large }) =>
    [...small, ...large].map((sample) => [
      contender,
      `≥ ${sample.waiting.toLocaleString('en')}`,
      sample.tasksPerSecond.toFixed(0),
      `${(sample.queueStoreBytes / 2 ** 20).toFixed(2)} MiB`,
      String(sample.queuedSteps),
    ]),
  );
  return [
    `Waiting tasks, after one window in new stores that does not count: completions in ${sizes.backlog.windowMs / 1_000} s while at least this many tasks have not started; the queue store is Redis' \`used_memory\` or the size of BullMQ's schema in PostgreSQL; the maximum of four samples.`,
    table(['system', 'tasks waiting', 'tasks/s', 'queue store', 'steps in it'], backlogs),
    ...kills.map(
      ({ contender, kills: count, handOverMs, detectedMs }) =>
        `SIGKILL of workers (${contender}): ${count} times one of ${sizes.kill.workers} workers, at random moments while they run steps of ${sizes.kill.stepMs} ms; a new one replaces each. ` +
        `${handOverMs.length} steps were lost; until another attempt started: ${quantiles(handOverMs)}; of that until the loss was known: ${quantiles(detectedMs)}.`,
    ),
    ...tenantWait.map(
      ({ contender, idleMs, behindMs, extraMs, backlogAfter }) =>
        `Fairness (${contender}): ${behindMs.length} tenants with one task each behind a tenant with at least ${backlogAfter.toLocaleString('en')} waiting, one worker of 32 slots with steps of ${sizes.tenantWait.stepMs} ms. ` +
        `From acceptance to the first step: idle ${quantiles(idleMs)}; behind the backlog ${quantiles(behindMs)}; extra, over the idle median: ${quantiles(extraMs)}.`,
    ),
  ];
}

function caveats({ rounds, skipped, machine }: Results): string[] {
  const noisy = rounds.filter((round) => round.foreignCpuShare > NOISY_SHARE);
  return [
    'Clients of peers that are libraries submit from the load generator, whose CPU is not counted, where we and Restate pay for HTTP: this flatters them. DBOS starts workflows in the process that runs them, so that its submitting loop counts.',
    'Completion is polled in the database for Pressroom and notified by the peers: this adds the time of a query to a lone task and up to 10 ms to a burst. Commits of these polls are not counted, their CPU is.',
    'Restate runs up to 1,000 invocations at once, its default; the other peers 32 steps; our worker has 128 slots, and 32 in the line that says so and in the further rows.',
    'A Restate invocation cannot be accepted without being run, except with a delay, which is what its submissions are.',
    'The load generator shares the cores with what it measures.',
    `Compare ratios of one run, not figures of two: a virtual machine drifts by a fifth or more. What a flush costs depends on the disk (${machine.disk} here).`,
    'Restate’s server is under the Business Source License 1.1, which allows running and measuring it; it is installed for this benchmark only.',
    ...(noisy.length === 0
      ? []
      : [
          `**Other processes used more than ${NOISY_SHARE * 100} % of the machine in ${noisy.length} of ${rounds.length} measurements: these figures are not to be trusted.**`,
        ]),
    ...skipped.map(({ what, reason }) => `Not measured: ${what}: ${reason}`),
  ];
}

const median = (values: readonly number[]): number => percentile(values, 0.5);
const quantiles = (values: readonly number[]): string =>
  `p50 ${percentile(values, 0.5).toFixed(0)} ms, p95 ${percentile(values, 0.95).toFixed(0)} ms, at most ${Math.max(...values).toFixed(0)} ms`;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
