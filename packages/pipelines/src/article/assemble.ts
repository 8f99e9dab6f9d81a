import type { ArticleInput, CitedSource, Limitation } from '@pressroom/contracts';
import type { Assembled, StepOutputs, TaskDocument } from '../pipeline.ts';
import { citedIds } from '../text/citations.ts';
import { countWords } from '../text/count-words.ts';
import { collectParts, type CollectedArticle } from './collect-parts.ts';
import { fallbackDescription } from './fallback-metadata.ts';
import { renderMarkdown } from './render-markdown.ts';
import { renumberCitations, type Renumbered } from './renumber.ts';

/**
 * Builds the article's document from the outputs available so far and numbers sources by first appearance. Reports
 * only the limitations visible in the outputs; the steps report all others.
 */
export function assembleArticle(input: ArticleInput, outputs: StepOutputs): Assembled {
  const article = collectParts(outputs);
  if (!article) return { document: undefined, limitations: [] };
  const known = new Set(article.research?.sources.map(({ id }) => id));
  const renumbered = renumberCitations(
    article.parts.map(({ markdown }) => markdown),
    known,
  );
  return {
    document: buildDocument(input, article, renumbered),
    limitations: findLimitations(input, article, renumbered),
  };
}

function buildDocument(input: ArticleInput, article: CollectedArticle, renumbered: Renumbered): TaskDocument {
  const texts = article.parts.map((part, index) => ({ ...part, markdown: (renumbered.texts[index] ?? '').trim() }));
  const title = article.title.trim() === '' ? input.topic : article.title.trim();
  const lead = texts.find(({ part }) => part === 'lead')?.markdown ?? '';
  const sections = texts
    .filter(({ part }) => part !== 'lead')
    .map(({ heading, markdown }) => ({ heading, markdown, citations: citedIds(markdown).sort((a, b) => a - b) }));
  const sources = listSources(article, renumbered.order);
  const description = article.refined?.metaDescription ?? '';
  const keywords = article.refined?.keywords ?? [];
  return {
    title,
    metaDescription:
      description === '' ? fallbackDescription(lead === '' ? (sections[0]?.markdown ?? '') : lead) : description,
    keywords: keywords.length > 0 ? keywords : (input.keywords ?? []),
    lead,
    markdown: renderMarkdown({ title, lead, sections, sources }),
    sections,
    sources,
    wordCount: texts.reduce((total, { markdown }) => total + countWords(markdown), 0),
    quality: { score: article.refined?.score ?? null, rounds: article.refined?.rounds ?? 0 },
  };
}

function listSources({ research }: CollectedArticle, order: readonly number[]): CitedSource[] {
  return order.flatMap((oldId, index) => {
    const source = research?.sources.find(({ id }) => id === oldId);
    if (!source) return [];
    const { title, url, accessedAt } = source;
    return [
      { id: index + 1, title, ...(url !== undefined && { url }), ...(accessedAt !== undefined && { accessedAt }) },
    ];
  });
}

function findLimitations(input: ArticleInput, article: CollectedArticle, renumbered: Renumbered): Limitation[] {
  const limitations: Limitation[] = [];
  const written = new Set(article.parts.map(({ part }) => part));
  if (!written.has('lead')) {
    limitations.push({ code: 'LEAD_MISSING', step: 'draft-lead', message: 'The article has no lead.' });
  }
  article.outline?.sections.forEach(({ heading }, index) => {
    if (written.has(String(index + 1))) return;
    limitations.push({
      code: 'SECTION_MISSING',
      step: `draft-${index + 1}`,
      message: `The section "${heading}" is missing.`,
    });
  });
  if (renumbered.dropped.length > 0) {
    const message = `Citations of unknown sources were removed: ${renumbered.dropped.join(', ')}.`;
    limitations.push({ code: 'CITATION_MISSING', message });
  } else if (renumbered.order.length === 0) {
    // Given by the user, or found by research tools.
    const hasSources = (input.sources?.length ?? 0) > 0 || (article.research?.sources.length ?? 0) > 0;
    const message = hasSources
      ? 'The article cites none of its sources.'
      : 'No sources were given: the article rests on general knowledge and cites nothing.';
    limitations.push({ code: 'CITATION_MISSING', message });
  }
  if (!article.refined) {
    limitations.push({ code: 'REFINE_SKIPPED', step: 'refine', message: 'The drafts were not revised as a whole.' });
  }
  if ((article.refined?.metaDescription ?? '') === '') {
    const message = 'The description was taken from the first sentences of the text.';
    limitations.push({ code: 'METADATA_MISSING', step: 'refine', message });
  }
  return limitations;
}
