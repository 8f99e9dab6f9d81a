import type { PressroomClient } from '@pressroom/client';
import type { CallView, TaskResult, TaskView } from '@pressroom/contracts';

import { buildArticleTask } from '../article/build-article-task.ts';
import { ARTICLE_OPTIONS, parseArticleArgs } from '../article/parse-article-args.ts';
import { readSource } from '../article/read-source.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { watchTask } from '../progress/watch-task.ts';
import { formatCostReport } from '../report/cost-report.ts';
import { summariseCost } from '../report/cost-summary.ts';
import type { Terminal } from '../terminal.ts';
import { SAMPLE_SOURCES, SAMPLE_TOPIC } from './sample-article.ts';

const USAGE = `Usage: npm run demo -- [options]

Writes a real article through the REST API and shows what each call cost. Without options it writes about lighthouses,
from three sample sources.

${ARTICLE_OPTIONS}`;

/** A task that ended this way has a result to print. */
const HAS_RESULT: ReadonlySet<string> = new Set(['completed', 'partial']);

/**
 * Submits an article, shows its progress, prints it and its receipt. Progress goes to standard error; with `--json` the
 * only thing on standard output is one object `{ task, result, calls, cost }`.
 * @throws {UsageError}, and the client's errors
 */
export async function runDemo(
  argv: readonly string[],
  deps: { connect: () => PressroomClient; terminal: Terminal },
): Promise<ExitCode> {
  const { terminal } = deps;
  const args = parseArticleArgs(argv);
  if (args.help) {
    terminal.out(USAGE);
    return EXIT.ok;
  }
  const paths = args.topic === undefined ? SAMPLE_SOURCES : args.sources;
  const sources = await Promise.all(paths.map((path) => readSource(path, (file) => terminal.readFile(file))));
  const client = deps.connect();

  const accepted = await client.tasks.create(buildArticleTask(args, args.topic ?? SAMPLE_TOPIC, sources));
  terminal.err(`Task ${accepted.id} accepted, with ${sources.length} source${sources.length === 1 ? '' : 's'}.`);
  const task = await watchTask(client, accepted.id, terminal);
  const [result, calls] = await Promise.all([
    HAS_RESULT.has(task.status) ? client.tasks.result(task.id) : Promise.resolve(null),
    client.tasks.calls(task.id),
  ]);
  if (args.json) terminal.out(JSON.stringify({ task, result, calls, cost: summariseCost(task, calls) }));
  else printAll(terminal, task, result, calls);
  if (result !== null) return EXIT.ok;
  terminal.err(
    `The task ${task.status}${task.error === undefined ? '' : `: ${task.error.code}: ${task.error.message}`}`,
  );
  return EXIT.failed;
}

function printAll(terminal: Terminal, task: TaskView, result: TaskResult | null, calls: readonly CallView[]): void {
  const cost = summariseCost(task, calls);
  terminal.out('');
  if (result !== null) {
    if (result.simulated) terminal.out('[simulated text: the offline simulator wrote this, no language model]\n');
    terminal.out(result.markdown.trimEnd());
    const score = result.quality.score === null ? '' : `, score ${result.quality.score.toFixed(1)} of 5`;
    terminal.out(`\n${result.wordCount} words, ${result.sources.length} sources${score}`);
  }
  for (const limitation of task.limitations) terminal.out(`Limitation: ${limitation.message}`);
  terminal.out(`\n${formatCostReport(calls, cost)}`);
}
