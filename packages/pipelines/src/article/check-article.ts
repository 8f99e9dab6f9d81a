import type { ArticleInput } from '@pressroom/contracts';
import type { StepOutputs } from '../pipeline.ts';
import { checkQuality, type QualityReport } from '../quality/check-quality.ts';
import { indexSources } from '../quality/source-index.ts';
import { styleRulesOf } from '../style/style-rules-of.ts';
import { collectParts } from './collect-parts.ts';
import { fitToNotes } from './fit-to-notes.ts';
import { planWords } from './word-plan.ts';

/** Runs the quality contract over the outputs of a task, finished or not; undefined while no section is written. */
export function checkArticle(input: ArticleInput, outputs: StepOutputs): QualityReport | undefined {
  const article = collectParts(outputs);
  if (!article) return undefined;
  const { title, parts, research } = article;
  const { targetWords } = planWords(fitToNotes(input, research?.notes ?? []));
  const document = { title, topic: input.topic, targetWords, parts, style: styleRulesOf(input) };
  return checkQuality(document, indexSources(research?.sources ?? []));
}
