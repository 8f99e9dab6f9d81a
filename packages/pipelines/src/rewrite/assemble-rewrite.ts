import type { Limitation, RewriteData, RewriteInput } from '@pressroom/contracts';
import { fallbackDescription } from '../article/fallback-metadata.ts';
import { buildDocument } from '../document/build-document.ts';
import type { Assembled, StepOutputs } from '../pipeline.ts';
import { compareFacts, factsNotIn, readFacts } from '../quality/compare-facts.ts';
import { countWords } from '../text/count-words.ts';
import { givenFacts, mustKeepEveryFact } from './check-rewrite.ts';
import { RewriteOutput } from './rewrite-output.ts';

/** Builds the document of a rewrite, with a comparison of its figures and names to the original's. */
export function assembleRewrite(input: RewriteInput, outputs: StepOutputs): Assembled<RewriteData> {
  const rewritten = RewriteOutput.safeParse(outputs['rewrite']).data;
  if (!rewritten || rewritten.markdown.trim() === '') return { document: undefined, limitations: [] };
  const text = rewritten.markdown.trim();
  const originalWords = countWords(input.text);
  const stated = readFacts(text);
  const { total, missing } = compareFacts(readFacts(input.text), stated);
  const invented = factsNotIn(stated, givenFacts(input));
  const title = rewritten.title.trim() === '' ? (input.title ?? 'Rewritten text') : rewritten.title;
  const { document } = buildDocument<RewriteData>({
    title,
    lead: '',
    sections: [],
    keywords: input.keywords ?? [],
    wordCount: countWords(text),
    rounds: rewritten.rounds,
    data: () => ({
      text,
      originalWords,
      words: countWords(text),
      facts: { total, missing, invented },
    }),
  });
  const limitations: Limitation[] = [];
  const lost = mustKeepEveryFact(originalWords, input.targetWords) ? missing : [];
  if (lost.length > 0) limitations.push(changed(`The text no longer states ${lost.join(', ')}.`));
  if (invented.length > 0) {
    limitations.push(changed(`The text states ${invented.join(', ')}, which the original does not.`));
  }
  return { document: { ...document, ...ownMarkdown(document.title, text) }, limitations };
}

/** The rewritten text has its own structure, so it is the whole document rather than a lead or section. */
const ownMarkdown = (title: string, text: string): { markdown: string; metaDescription: string } => ({
  markdown: `# ${title}\n\n${text}\n`,
  metaDescription: fallbackDescription(text),
});

const changed = (message: string): Limitation => ({ code: 'FACTS_CHANGED', step: 'rewrite', message });
