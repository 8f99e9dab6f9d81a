import { ArticleJudgement } from '@pressroom/contracts';
import type { LlmPort } from '@pressroom/llm';
import { callModel } from '../calling/call-model.ts';
import { judgeArticlePrompt, type JudgeFacts } from '../prompts/judge-article.ts';

export const JUDGE_CRITERIA = ['interest', 'organisation', 'relevance', 'coverage'] as const;
export type JudgeCriterion = (typeof JUDGE_CRITERIA)[number];

export interface JudgedArticle {
  /** Mean of the criteria, 1 to 5. */
  score: number;
  scores: Record<JudgeCriterion, number>;
  reasons: Record<JudgeCriterion, string>;
}

/** Four reasons of one or two sentences, four scores and the keys. */
const OUTPUT_TOKENS = 500;
/** Total characters of source text in the prompt: enough for everything that an article can be written from. */
const MAX_SOURCE_CHARACTERS = 120_000;

/**
 * Scores a finished article on a rubric of 1 to 5. Always uses the large tier, so that scores of different articles are
 * comparable.
 *
 * @throws {AppError} `OUTPUT_INVALID` when no model returns four scores from 1 to 5; errors of the gateway
 */
export async function judgeArticle(llm: LlmPort, facts: JudgeFacts): Promise<JudgedArticle> {
  const each = Math.floor(MAX_SOURCE_CHARACTERS / Math.max(1, facts.sources.length));
  const judgement = await callModel(
    { llm },
    {
      path: 'judge',
      purpose: 'judge',
      tier: 'T3',
      prompt: judgeArticlePrompt,
      facts: { ...facts, sources: facts.sources.map((source) => ({ ...source, text: source.text.slice(0, each) })) },
      schema: { name: 'article_judgement', zod: ArticleJudgement },
      accept: validateJudgement,
      maxOutputTokens: OUTPUT_TOKENS,
      temperature: 0,
    },
  );
  const pick = <T>(of: (verdict: ArticleJudgement[JudgeCriterion]) => T): Record<JudgeCriterion, T> => ({
    interest: of(judgement.interest),
    organisation: of(judgement.organisation),
    relevance: of(judgement.relevance),
    coverage: of(judgement.coverage),
  });
  const scores = pick(({ score }) => score);
  const total = JUDGE_CRITERIA.reduce((sum, criterion) => sum + scores[criterion], 0);
  return { score: total / JUDGE_CRITERIA.length, scores, reasons: pick(({ reason }) => reason) };
}

/** Checks the range of the scores, which strict schemas cannot express. */
export function validateJudgement(judgement: ArticleJudgement): string[] {
  return JUDGE_CRITERIA.filter((criterion) => judgement[criterion].score < 1 || judgement[criterion].score > 5).map(
    (criterion) => `${criterion} is not a score from 1 to 5`,
  );
}
