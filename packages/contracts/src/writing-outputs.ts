import { z } from 'zod';

/*
 * Output schemas of the single-step task types. As in agent-outputs.ts: closed objects, every field required, "none" is an
 * empty string or list. Their property names are distinct, because some protocols send no schema name.
 */

/** `content_brief`: angle, outline and risks. */
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

/** `document_summary`: prose with citations, and key points with their sources. */
export const DocumentSummary = z.strictObject({
  title: z.string(),
  markdown: z.string(),
  keyPoints: z.array(z.strictObject({ text: z.string(), sources: z.array(z.int()) })),
});
export type DocumentSummary = z.infer<typeof DocumentSummary>;

/** `rewritten_text`: the rewritten text; the title is empty if none was requested. */
export const RewrittenText = z.strictObject({ title: z.string(), markdown: z.string() });
export type RewrittenText = z.infer<typeof RewrittenText>;

/** `headline_variants`: each with its angle. */
export const HeadlineVariants = z.strictObject({
  headlines: z.array(z.strictObject({ text: z.string(), angle: z.string() })),
});
export type HeadlineVariants = z.infer<typeof HeadlineVariants>;

/** `classification`: the labels that apply, each with the passage that decided. */
export const Classification = z.strictObject({
  labels: z.array(z.strictObject({ name: z.string(), confidence: z.number(), quote: z.string(), reason: z.string() })),
});
export type Classification = z.infer<typeof Classification>;
