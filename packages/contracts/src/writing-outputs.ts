import { z } from 'zod';

/*
 * Shapes that the single-step task types ask models for. As in agent-outputs.ts: closed objects, every field required,
 * "none" is an empty string or list; the property names of each are its own, since some wires carry no schema name.
 */

/** `content_brief`: angle, outline and what to look out for. */
export const ContentBrief = z.strictObject({
  title: z.string(),
  angle: z.string(),
  readers: z.string(),
  sections: z.array(
    z.strictObject({
      heading: z.string(),
      purpose: z.string(),
      points: z.array(z.string()),
      noteIds: z.array(z.string()),
      words: z.int(),
    }),
  ),
  searchTerms: z.array(z.string()),
  risks: z.array(z.string()),
});
export type ContentBrief = z.infer<typeof ContentBrief>;

/** `document_summary`: prose that cites, and its points each with the sources behind it. */
export const DocumentSummary = z.strictObject({
  title: z.string(),
  markdown: z.string(),
  keyPoints: z.array(z.strictObject({ text: z.string(), sources: z.array(z.int()) })),
});
export type DocumentSummary = z.infer<typeof DocumentSummary>;

/** `rewritten_text`: the same text told again; the title is empty where none was asked for. */
export const RewrittenText = z.strictObject({ title: z.string(), markdown: z.string() });
export type RewrittenText = z.infer<typeof RewrittenText>;

/** `headline_variants`: each with the angle it takes. */
export const HeadlineVariants = z.strictObject({
  headlines: z.array(z.strictObject({ text: z.string(), angle: z.string() })),
});
export type HeadlineVariants = z.infer<typeof HeadlineVariants>;

/** `classification`: labels that apply, with the passage that decided. */
export const Classification = z.strictObject({
  labels: z.array(z.strictObject({ name: z.string(), confidence: z.number(), quote: z.string(), reason: z.string() })),
});
export type Classification = z.infer<typeof Classification>;
