/**
 * Measures quality. `npm run eval -- articles [--limit N] [--quality economy,balanced,premium] [--target-words N] [--seed TEXT] [--simulated]`
 * writes articles from those in `PRESSROOM_EVAL_DATA/articles` at each quality and measures them;
 * `npm run eval -- defects [--limit N] [--seed TEXT] [--simulated]` plants N defects of each kind and measures their repair.
 * With a provider's key in the environment it calls that provider, which costs money; otherwise, or with `--simulated`, it
 * calls the offline simulator.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { catalogFromConfig, LlmConfig } from '@pressroom/llm';
import { ARTICLE_LIMITS, Quality, QUALITIES } from '@pressroom/contracts';
import { z } from 'zod';

import { evaluateDefects } from './evaluate-defects.ts';
import { evaluateArticle, type ArticleFigures } from './evaluate-article.ts';
import { readArticle } from './read-article.ts';
import { renderDefects } from './render-defects.ts';
import { renderSummary } from './render-summary.ts';
import { startProviders, type RunningProviders } from './start-providers.ts';
import { summariseFigures } from './summarise-figures.ts';

const RESULTS = join(import.meta.dirname, '..', 'results');
/** Long enough for a comparable number of sections, short enough for the content of the references. */
const TARGET_WORDS = 1_500;
const DEFECTS_PER_KIND = 10;
const USAGE =
  'usage: npm run eval -- articles|defects [--limit N] [--quality LIST] [--target-words N] [--seed TEXT] [--simulated]';

const Options = z.strictObject({
  limit: z.coerce.number().int().min(1).default(Infinity),
  quality: z
    .string()
    .default(QUALITIES.join(','))
    .transform((list) => list.split(',').map((each) => each.trim()))
    .pipe(z.array(Quality).min(1)),
  'target-words': z.coerce
    .number()
    .int()
    .min(ARTICLE_LIMITS.minTargetWords)
    .max(ARTICLE_LIMITS.maxTargetWords)
    .default(TARGET_WORDS),
  seed: z.string().min(1).default('pressroom'),
  simulated: z.boolean().default(false),
});

type Options = z.output<typeof Options>;

const EVALUATIONS: Readonly<Record<string, (options: Options) => Promise<number>>> = {
  articles: evaluateArticles,
  defects: evaluatePlanted,
};

const [what = '', ...rest] = process.argv.slice(2);
const evaluate = Object.hasOwn(EVALUATIONS, what) ? EVALUATIONS[what] : undefined;
const given = readOptions(rest);
if (!evaluate) process.exitCode = usage(what === '' ? '' : `unknown evaluation: ${what}`);
else if (typeof given === 'string') process.exitCode = usage(given);
else process.exitCode = await evaluate(given);

function usage(problem: string): number {
  console.error(problem === '' ? USAGE : `${problem}\n${USAGE}`);
  return 2;
}

async function evaluateArticles(options: Options): Promise<number> {
  const files = listArticles(process.env['PRESSROOM_EVAL_DATA']).slice(0, options.limit);
  if (files.length === 0) {
    console.log('Skipped: PRESSROOM_EVAL_DATA is not a folder with articles/*.txt.');
    return 0;
  }
  const running = await start(options);
  console.log(`${files.length} articles × ${options.quality.join(', ')}, ${describeProviders(running)}`);
  const config = LlmConfig.parse({ providers: running.providers });
  const deps = {
    catalog: catalogFromConfig(config),
    providers: config.providers,
    targetWords: options['target-words'],
  };
  const figures: ArticleFigures[] = [];
  try {
    for (const file of files) {
      const reference = readArticle(readFileSync(file, 'utf8'));
      for (const quality of options.quality) {
        const own = await evaluateArticle(reference, quality, deps);
        figures.push(own);
        console.log(`  ${own.title} · ${quality} · ${own.passesChecks ? 'checks passed' : own.limitations.join(', ')}`);
      }
    }
  } finally {
    await running.close();
  }
  const summary = summariseFigures(figures);
  const page = renderSummary(summary, figures, { isSimulated: running.isSimulated, seed: options.seed });
  publish('eval-articles', page, { simulated: running.isSimulated, ...summary, figures });
  return 0;
}

async function evaluatePlanted(options: Options): Promise<number> {
  const running = await start(options);
  const perKind = Number.isFinite(options.limit) ? options.limit : DEFECTS_PER_KIND;
  console.log(`${perKind} defects of each kind, ${describeProviders(running)}`);
  const config = LlmConfig.parse({ providers: running.providers });
  try {
    const rows = await evaluateDefects(perKind, { catalog: catalogFromConfig(config), providers: config.providers });
    const cases = rows.map(({ planted: { kind, part, fault }, repaired: { after: _after, ...repaired } }) => ({
      kind,
      part,
      fault,
      ...repaired,
    }));
    publish('eval-defects', renderDefects(rows, running.isSimulated), { simulated: running.isSimulated, cases });
  } finally {
    await running.close();
  }
  return 0;
}

function start({ simulated, seed }: Options): Promise<RunningProviders> {
  return startProviders(process.env, { alwaysSimulated: simulated, simulator: { seed } });
}

function describeProviders({ isSimulated }: RunningProviders): string {
  return isSimulated ? 'on the offline simulator' : 'on the configured providers: this costs money';
}

/** Prints the page and writes page and data to `bench/results`. */
function publish(name: string, page: string, data: unknown): void {
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(join(RESULTS, `${name}.md`), page);
  writeFileSync(join(RESULTS, `${name}.json`), toJson(data));
  console.log(`\n${page}`);
}

function readOptions(args: readonly string[]): Options | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        limit: { type: 'string' },
        quality: { type: 'string' },
        'target-words': { type: 'string' },
        seed: { type: 'string' },
        simulated: { type: 'boolean' },
      },
    });
    const parsed = Options.safeParse(values);
    if (parsed.success) return parsed.data;
    return parsed.error.issues.map(({ path, message }) => `--${path.join('.')}: ${message}`).join('\n');
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function listArticles(data: string | undefined): string[] {
  const folder = data === undefined || data === '' ? undefined : join(data, 'articles');
  if (folder === undefined || !existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.txt'))
    .sort()
    .map((name) => join(folder, name));
}

/** JSON with bigint amounts as decimal strings of nano-dollars. */
function toJson(value: unknown): string {
  return `${JSON.stringify(value, (_key, each: unknown) => (typeof each === 'bigint' ? each.toString() : each), 2)}\n`;
}
