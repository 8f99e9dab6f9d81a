/**
 * `npm run eval -- articles [--limit N] [--quality economy,balanced,premium] [--target-words N] [--seed TEXT] [--simulated]`
 * writes articles from those in `PRESSROOM_EVAL_DATA/articles` at each quality and measures them. With a provider's key
 * in the environment it asks that provider, which costs money; otherwise, or with `--simulated`, the offline simulator.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { catalogFromConfig, LlmConfig } from '@pressroom/llm';
import { ARTICLE_LIMITS, Quality, QUALITIES } from '@pressroom/contracts';
import { z } from 'zod';

import { evaluateArticle, type ArticleFigures } from './evaluate-article.ts';
import { readArticle } from './read-article.ts';
import { renderSummary } from './render-summary.ts';
import { startProviders } from './start-providers.ts';
import { summariseFigures } from './summarise-figures.ts';

const RESULTS = join(import.meta.dirname, '..', 'results');
const TARGET_WORDS = 800;
const USAGE = 'usage: npm run eval -- articles [--limit N] [--quality LIST] [--target-words N] [--seed TEXT] [--simulated]';

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

const [what, ...rest] = process.argv.slice(2);
process.exitCode = what === 'articles' ? await evaluateArticles(rest) : usage(what === undefined ? '' : `nothing to evaluate is called ${what}`);

function usage(problem: string): number {
  console.error(problem === '' ? USAGE : `${problem}\n${USAGE}`);
  return 2;
}

async function evaluateArticles(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (typeof options === 'string') return usage(options);
  const files = listArticles(process.env['PRESSROOM_EVAL_DATA']).slice(0, options.limit);
  if (files.length === 0) {
    console.log('Skipped: PRESSROOM_EVAL_DATA names no folder with articles/*.txt in it.');
    return 0;
  }
  const running = await startProviders(process.env, {
    alwaysSimulated: options.simulated,
    simulator: { seed: options.seed },
  });
  console.log(
    `${files.length} articles × ${options.quality.join(', ')}, ` +
      (running.isSimulated ? 'on the offline simulator' : 'on the configured providers: this costs money'),
  );
  const config = LlmConfig.parse({ providers: running.providers });
  const deps = { catalog: catalogFromConfig(config), providers: config.providers, targetWords: options['target-words'] };
  const figures: ArticleFigures[] = [];
  try {
    for (const file of files) {
      const reference = readArticle(readFileSync(file, 'utf8'));
      for (const quality of options.quality) {
        const own = await evaluateArticle(reference, quality, deps);
        figures.push(own);
        console.log(`  ${own.title} · ${quality} · ${own.keepsContract ? 'contract kept' : own.limitations.join(', ')}`);
      }
    }
  } finally {
    await running.close();
  }
  const summary = summariseFigures(figures);
  const page = renderSummary(summary, figures, { isSimulated: running.isSimulated, seed: options.seed });
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(join(RESULTS, 'eval-articles.md'), page);
  writeFileSync(join(RESULTS, 'eval-articles.json'), toJson({ simulated: running.isSimulated, ...summary, figures }));
  console.log(`\n${page}`);
  return 0;
}

function readOptions(args: readonly string[]): z.output<typeof Options> | string {
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

/** Amounts as decimal strings of nano-dollars: JSON has no bigint. */
function toJson(value: unknown): string {
  return `${JSON.stringify(value, (_key, each: unknown) => (typeof each === 'bigint' ? each.toString() : each), 2)}\n`;
}
