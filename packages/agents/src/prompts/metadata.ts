import type { ArticleInput } from '@pressroom/contracts';
import { META_DESCRIPTION_CHARACTERS, type DocumentPart, type OutlineOutput } from '@pressroom/pipelines';
import { renderBrief } from './brief.ts';
import { renderArticle, renderOutline } from './material.ts';
import { asList, languageRule, MATERIAL_RULE, paragraphs } from './rules.ts';
import type { Prompt } from './prompt.ts';

export const MAX_KEYWORDS = 8;

/** Description and keywords, from the title, the outline and the lead: the rest adds nothing to them. */
export const metadataPrompt: Prompt<{ input: ArticleInput; outline: OutlineOutput; lead: DocumentPart }> = {
  id: 'metadata',
  version: '1',
  render: ({ input, outline, lead }) => ({
    system: paragraphs(
      'You write what search engines and listings show of an article.',
      MATERIAL_RULE,
      asList([
        `metaDescription: one or two sentences of at most ${META_DESCRIPTION_CHARACTERS} characters that say what the reader ` +
          'learns; no citations, no quotation marks.',
        `keywords: 3 to ${MAX_KEYWORDS} search terms of one to three words, the most fitting first; those of the brief where they fit.`,
        languageRule(input),
      ]),
      'Reply with JSON: {"metaDescription": "…", "keywords": ["…"]}.',
    ),
    user: paragraphs(
      renderBrief(input),
      renderOutline(outline),
      renderArticle([lead]),
      'Write description and keywords.',
    ),
  }),
};
