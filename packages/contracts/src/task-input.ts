import { z } from 'zod';

/** A language tag such as `en` or `pt-BR` (BCP 47 subset). */
const LanguageTag = z
  .string()
  .regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, 'must be a language tag such as "en" or "pt-BR"');

const HttpUrl = z
  .url({ protocol: /^https?$/, error: 'must be an absolute http(s) URL' })
  .max(2_000)
  .refine((url) => !/^https?:\/\/[^/]*@/i.test(url), 'must not carry credentials');

/** A text from the user: it must contain a letter or digit, at most `maxCharacters` characters. */
export const givenText = (maxCharacters: number): z.ZodString =>
  z
    .string()
    .trim()
    .min(1, 'must not be empty')
    .max(maxCharacters)
    .refine((text) => /[\p{L}\p{N}]/u.test(text), 'must contain at least one letter or digit');

export const UrlSource = z.strictObject({ url: HttpUrl });
export const TextSource = z.strictObject({
  title: z.string().trim().min(1).max(300).optional(),
  text: givenText(400_000),
});

/** The user's source: a URL that workers fetch, or the text itself. */
export const SourceInput = z.union([UrlSource, TextSource], { error: 'must be { url } or { title?, text }' });
export type SourceInput = z.infer<typeof SourceInput>;

/** Maximum length of a style guide; a tenant's and a task's style guide may be combined. */
export const MAX_STYLE_GUIDE_CHARACTERS = 10_000;

/** Audience, tone and required content of a text: the same fields in every task type. */
export const VOICE_FIELDS = {
  audience: z.string().trim().min(1).max(300).optional(),
  tone: z.string().trim().min(1).max(300).optional(),
  language: LanguageTag.optional(),
  styleGuide: z.string().trim().min(1).max(MAX_STYLE_GUIDE_CHARACTERS).optional(),
  keywords: z.array(z.string().trim().min(1).max(100)).max(30).optional(),
};

/** The values of {@link VOICE_FIELDS}: used in prompts and checked by the quality checks. */
export type Voice = z.infer<z.ZodObject<typeof VOICE_FIELDS>>;

export const ARTICLE_LIMITS = { maxSources: 20, maxSections: 12, minTargetWords: 100, maxTargetWords: 10_000 } as const;

/** Input of an `article` task. */
export const ArticleInput = z.strictObject({
  topic: z.string().trim().min(3).max(500),
  sources: z.array(SourceInput).max(ARTICLE_LIMITS.maxSources).optional(),
  audience: VOICE_FIELDS.audience,
  tone: VOICE_FIELDS.tone,
  language: VOICE_FIELDS.language,
  sections: z.int().min(1).max(ARTICLE_LIMITS.maxSections).optional(),
  targetWords: z.int().min(ARTICLE_LIMITS.minTargetWords).max(ARTICLE_LIMITS.maxTargetWords).optional(),
  styleGuide: VOICE_FIELDS.styleGuide,
  keywords: VOICE_FIELDS.keywords,
});
export type ArticleInput = z.infer<typeof ArticleInput>;
