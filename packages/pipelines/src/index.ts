export type {
  Assembled,
  Expansion,
  OnExhausted,
  Pipeline,
  PipelineGate,
  PlannedStep,
  StepOutputs,
  TaskDocument,
} from './pipeline.ts';
export { createPipelineRegistry, findPipeline, listPipelines, PIPELINES, type PipelineRegistry } from './registry.ts';

export { DraftOutput, OutlineOutput, RefineOutput, ResearchOutput } from './article/outputs.ts';
export { describeShortfall, fitToNotes } from './article/fit-to-notes.ts';
export { planWords, shareWords, type WordPlan } from './article/word-plan.ts';
export { collectParts, type CollectedArticle } from './article/collect-parts.ts';
export { assembleArticle } from './article/assemble.ts';
export { checkArticle } from './article/check-article.ts';
export { clipWords, META_DESCRIPTION_CHARACTERS } from './article/fallback-metadata.ts';

export { BriefOutput } from './brief/brief-output.ts';
export { SummaryOutput } from './summary/summary-output.ts';
export { planSummary, type SummaryPlan } from './summary/summary-words.ts';
export { checkSummary } from './summary/check-summary.ts';
export { RewriteOutput } from './rewrite/rewrite-output.ts';
export { checkRewrite, givenFacts, mustKeepEveryFact } from './rewrite/check-rewrite.ts';
export { HeadlinesOutput } from './headlines/headlines-output.ts';
export { planHeadlines, type HeadlinePlan } from './headlines/headline-plan.ts';
export { checkHeadlines, type Headline } from './headlines/check-headlines.ts';
export { ClassifyOutput } from './classify/classify-output.ts';

export { taskTitle } from './task-title.ts';
export { buildDocument } from './document/build-document.ts';
export { expandNothing, planWriting } from './plan-writing.ts';

export { deriveStyleRules } from './style/derive-style-rules.ts';
export { checkStyle } from './style/check-style.ts';
export { restyleLine } from './style/restyle-line.ts';
export type { StyleRule } from './style/style-rule.ts';

export { checkQuality, type QualityReport } from './quality/check-quality.ts';
export type { CheckedDocument, DocumentPart } from './quality/checked-document.ts';
export { measureGrounding } from './quality/check-sentences.ts';
export { isNearTarget } from './quality/check-length.ts';
export type { QualityFinding, FindingCode } from './quality/finding.ts';
export type { TextFacts } from './quality/compare-facts.ts';
export { indexingSteps, indexSources, type SourceIndex, type SourceText } from './quality/source-index.ts';

export { applyEdits, type Edit, type EditRejection, type Patched } from './patch/apply-edits.ts';

export { citedIds, rewriteCitations } from './text/citations.ts';
export { countWords } from './text/count-words.ts';
export { guessLanguage } from './text/guess-language.ts';
export { splitSentences, type Sentence } from './text/split-sentences.ts';
export { entityRecall, mainNames } from './evaluation/entity-recall.ts';
export { headingSoftRecall } from './evaluation/heading-soft-recall.ts';
export { assessNonInferiority, type JudgedPair, type NonInferiority } from './evaluation/non-inferiority.ts';
export { trimEndBlanks } from './text/trim-blanks.ts';
