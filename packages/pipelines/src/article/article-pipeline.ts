import { ArticleInput } from '@pressroom/contracts';
import type { Pipeline } from '../pipeline.ts';
import { withStyleGuide } from '../style/with-style-guide.ts';
import { articleGates } from './article-gates.ts';
import { assembleArticle } from './assemble.ts';
import { expandArticle, planArticle } from './plan.ts';

/** `article`: research → outline → lead and sections in parallel → refine. */
export const articlePipeline: Pipeline<ArticleInput> = {
  type: 'article',
  version: 1,
  title: 'Article',
  description: 'A researched, outlined, drafted and revised article that cites the given sources.',
  inputSchema: ArticleInput,
  example: {
    topic: 'How cities use trees to cool their streets',
    audience: 'readers of a local newspaper',
    tone: 'factual and friendly',
    language: 'en',
    targetWords: 600,
    sources: [
      {
        title: 'Street tree survey',
        text:
          'The survey measured 48 streets on 12 summer afternoons. Streets with a closed canopy were on average 3.1 °C ' +
          'cooler at head height than streets without trees. Young trees made no measurable difference in their first ' +
          'five years. Watering in dry weeks cost the city 140 euros a tree and year.',
      },
      {
        title: 'Notes from the parks department',
        text:
          'The department plants 900 trees a year and loses about 200 of the young ones to drought. Lime and field maple ' +
          'do best in narrow streets. Residents may adopt a tree: 1,350 households water one in summer.',
      },
    ],
  },
  defaultTimeoutMs: 30 * 60_000,
  plan: planArticle,
  expand: expandArticle,
  gates: articleGates,
  withStyleGuide,
  assemble: assembleArticle,
};
