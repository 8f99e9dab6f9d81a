import { z } from 'zod';

/*
 * Output schemas of model calls. Every object is closed and every field required, which the providers' strict schema modes
 * require; "none" is an empty string or list. The schema's name is sent with the request
 * (`response_format.json_schema.name`, or the tool's name).
 */

/** `research_questions`: questions that the article must answer, planned before any source is read. */
export const ResearchQuestions = z.strictObject({ questions: z.array(z.string()) });
export type ResearchQuestions = z.infer<typeof ResearchQuestions>;

/** `source_summary`: what one source says about the questions; each point is one verifiable statement. */
export const SourceSummary = z.strictObject({
  relevant: z.boolean(),
  points: z.array(z.strictObject({ text: z.string(), quote: z.string() })),
});
export type SourceSummary = z.infer<typeof SourceSummary>;

/** `research_notes`: merged notes with the sources (numbers of the source list) that support each. */
export const ResearchNotes = z.strictObject({
  notes: z.array(z.strictObject({ id: z.string(), text: z.string(), sources: z.array(z.int()) })),
  contradictions: z.array(z.string()),
  gaps: z.array(z.string()),
});
export type ResearchNotes = z.infer<typeof ResearchNotes>;

/** `article_outline`: sections in order, each with its purpose, its notes and its share of the words. */
export const ArticleOutline = z.strictObject({
  title: z.string(),
  sections: z.array(
    z.strictObject({
      heading: z.string(),
      purpose: z.string(),
      points: z.array(z.string()),
      noteIds: z.array(z.string()),
      words: z.int(),
    }),
  ),
});
export type ArticleOutline = z.infer<typeof ArticleOutline>;

/** `article_part`: the Markdown of one section or of the lead, without its heading, citing sources as `[n]`. */
export const ArticlePart = z.strictObject({ markdown: z.string() });
export type ArticlePart = z.infer<typeof ArticlePart>;

export const DEFECT_KINDS = [
  'unsupported',
  'wrong_fact',
  'missing_citation',
  'wrong_citation',
  'off_topic',
  'repetition',
  'style',
  'length',
  'clarity',
] as const;

/** `article_critique`: rubric scores of 1 to 5 and located, typed defects. A locator is `lead` or a section number. */
export const ArticleCritique = z.strictObject({
  scores: z.strictObject({
    interest: z.number(),
    organisation: z.number(),
    relevance: z.number(),
    coverage: z.number(),
  }),
  defects: z.array(
    z.strictObject({
      kind: z.enum(DEFECT_KINDS),
      /** `lead` or the number of the section, from 1. */
      part: z.string(),
      /** The exact quote from the article. */
      quote: z.string(),
      advice: z.string(),
    }),
  ),
});
export type ArticleCritique = z.infer<typeof ArticleCritique>;

/** `article_patch`: edits that replace an exact quote in one part; an empty replacement deletes it. */
export const ArticlePatch = z.strictObject({
  edits: z.array(z.strictObject({ part: z.string(), find: z.string(), replace: z.string() })),
});
export type ArticlePatch = z.infer<typeof ArticlePatch>;

/** `article_metadata`: description and keywords for search engines and listings. */
export const ArticleMetadata = z.strictObject({ metaDescription: z.string(), keywords: z.array(z.string()) });
export type ArticleMetadata = z.infer<typeof ArticleMetadata>;

const Verdict = z.strictObject({ reason: z.string(), score: z.int() });

/**
 * `article_judgement`: rubric scores of 1 to 5 for a finished article, each preceded by its reason. For evaluations; not part
 * of writing an article.
 */
export const ArticleJudgement = z.strictObject({
  interest: Verdict,
  organisation: Verdict,
  relevance: Verdict,
  coverage: Verdict,
});
export type ArticleJudgement = z.infer<typeof ArticleJudgement>;
