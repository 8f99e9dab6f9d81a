import type { ArticleMetadata } from '@pressroom/contracts';
import { shortenSentence, tidySentence } from '../text/condense.ts';
import { keyPhrases } from '../text/key-phrases.ts';
import { splitSentences } from '../text/split-sentences.ts';
import { contentStems, stripCitations } from '../text/words.ts';
import type { ParsedPrompt } from '../prompt/parsed-prompt.ts';
import { evidenceOf } from './evidence.ts';
import { subjectOf } from './subject-of.ts';
import type { Writer } from './writer.ts';

const DESCRIPTION = { min: 120, max: 160 };

/** A description of 120 to 160 characters and five to eight keywords, from the article's words. */
export const writeArticleMetadata: Writer<ArticleMetadata> = ({ prompt }) => {
  const article = prompt.article.map((part) => part.markdown).join('\n\n');
  const given =
    article !== ''
      ? article
      : evidenceOf(prompt)
          .map((item) => item.text)
          .join(' ');
  const text = given !== '' ? given : prompt.plain;
  return { metaDescription: describe(prompt, text), keywords: keywordsOf(prompt, text) };
};

function describe(prompt: ParsedPrompt, text: string): string {
  const fits = (candidate: string): boolean =>
    candidate.length >= DESCRIPTION.min && candidate.length <= DESCRIPTION.max;
  const opening = splitSentences(text)
    .slice(0, 4)
    .map((sentence) => tidySentence(stripCitations(sentence.text)));
  const variants = opening.flatMap(shortenSentence);
  const pairs = variants.flatMap((first) =>
    variants.filter((second) => !second.startsWith(first.slice(0, 30))).map((second) => `${first} ${second}`),
  );
  const whole = [...variants, ...pairs].find(fits);
  if (whole !== undefined) return whole;
  const subject = subjectOf(prompt.topic);
  const filled = [
    ...opening,
    `What the sources say about ${subject}, given in brief, with the facts, the figures and the citations that stand behind every statement in it.`,
  ].join(' ');
  if (fits(filled)) return filled;
  const cut = filled.slice(0, DESCRIPTION.max - 1);
  return `${cut.slice(0, Math.max(DESCRIPTION.min, cut.lastIndexOf(' '))).replace(/(?<![\s,;:.])[\s,;:.]+$/, '')}…`;
}

function keywordsOf(prompt: ParsedPrompt, text: string): string[] {
  const sentences = splitSentences(text).map((sentence) => sentence.text);
  const subject = subjectOf(prompt.topic);
  const own = subject.split(' ').length <= 5 ? [subject] : [];
  const known = own.length > 0 ? contentStems(subject) : new Set<string>();
  const found = keyPhrases([...sentences, prompt.topic], 14).filter((phrase) =>
    phrase.stems.some((item) => !known.has(item)),
  );
  const keywords = [...new Set([...own, ...found.map((phrase) => phrase.text)])].slice(0, 7);
  for (const filler of ['overview', 'background', 'facts', 'sources', 'analysis'])
    if (keywords.length < 5) keywords.push(filler);
  return keywords;
}
