export type { Assembled, Expansion, OnExhausted, Pipeline, PlannedStep, StepOutputs } from './pipeline.ts';
export { findPipeline, listPipelines } from './registry.ts';

export { DraftOutput, OutlineOutput, RefineOutput, ResearchOutput } from './article/outputs.ts';
export { planWords, shareWords, type WordPlan } from './article/word-plan.ts';
export { collectParts, type CollectedArticle } from './article/collect-parts.ts';
export { assembleArticle } from './article/assemble.ts';
export { checkArticle } from './article/check-article.ts';
export { clipWords, META_DESCRIPTION_CHARACTERS } from './article/fallback-metadata.ts';

export { checkContract, type ContractReport } from './quality/check-contract.ts';
export type { ContractDocument, ContractPart } from './quality/contract-document.ts';
export { findSupport } from './quality/check-sentences.ts';
export { isNearTarget } from './quality/check-length.ts';
export type { ContractFinding, FindingCode } from './quality/finding.ts';
export { indexSources, type SourceIndex, type SourceText } from './quality/source-index.ts';

export { applyEdits, type Edit, type EditRejection, type Patched } from './patch/apply-edits.ts';

export { citedIds, rewriteCitations } from './text/citations.ts';
export { countWords } from './text/count-words.ts';
export { splitSentences, type Sentence } from './text/split-sentences.ts';
