export { createFindAgent, findAgent } from './find-agent.ts';
export type { WriteForm } from './write/write-form.ts';
export { NoUsableSourceError, StepInputInvalidError } from './errors.ts';
export type { FetchedPage, StepAgent, StepContext, StepOutput } from './ports.ts';
export { judgeArticle, JUDGE_CRITERIA, type JudgeCriterion, type JudgedArticle } from './judge/judge-article.ts';
