import type { ArticleInput } from '@pressroom/contracts';
import type { StepOutputs } from '../pipeline.ts';
import { checkQuality, type QualityReport } from '../quality/check-quality.ts';
import { indexSources } from '../quality/source-index.ts';
import { deriveStyleRules } from '../style/derive-style-rules.ts';
import { collectParts } from './collect-parts.ts';
import { fitToNotes } from './fit-to-notes.ts';
import { planWords } from './word-plan.ts';

/** Runs {@link checkQuality} over the outputs of a task, finished or not; undefined when no section has any text. */
export function checkArticle(input: ArticleInput, outputs: StepOutputs): QualityReport | undefined {
  const article = collectParts(outputs);
  if (!article) return undefined;
  const { title, parts, research } = article;
  const { targetWords } = planWords(fitToNotes(input, research?.notes ?? []));
  const document = { title, topic: input.topic, targetWords, parts, style: deriveStyleRules(input) };
  return checkQuality(document, indexSources(research?.sources ?? []));
}
