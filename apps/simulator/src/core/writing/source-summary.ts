import type { SourceSummary } from '@pressroom/contracts';
import { isAnaphoric, isWhole, shortenSentence, tidySentence } from '../text/condense.ts';
import { rankTexts } from '../text/rank-sentences.ts';
import { containment, isNearDuplicate } from '../text/similarity.ts';
import { splitSentences } from '../text/split-sentences.ts';
import { contentStems, countWords, numbersOf } from '../text/words.ts';
import type { Writer } from './writer.ts';

const MAX_POINT_WORDS = 42;
const MAX_POINTS = 12;

/** The statements of a source most relevant to topic and questions, in the source's order, each with its quote. */
export const writeSourceSummary: Writer<SourceSummary> = ({ prompt }) => {
  const text = prompt.sources[0]?.text ?? prompt.references[0]?.text ?? prompt.plain;
  const sentences = splitSentences(text).filter((sentence) => {
    const words = countWords(sentence.text);
    return (
      words >= 6 && words <= 70 && isWhole(sentence.text) && !sentence.text.endsWith('?') && sentence.raw.length <= 600
    );
  });
  const topicStems = contentStems(prompt.topic);
  const query = new Set([...topicStems, ...contentStems(prompt.questions.join(' '))]);
  // All statements of a short source, a share of a longer one.
  const wanted = sentences.length <= MAX_POINTS ? MAX_POINTS : Math.min(MAX_POINTS, Math.round(countWords(text) / 25));

  const ranked = rankTexts(
    sentences.map((sentence) => sentence.text),
    query,
  )
    .map(({ index, score, stems }) => {
      const sentence = sentences[index]?.text ?? '';
      const selfContained = isAnaphoric(sentence) ? 0.3 : 1;
      const figures = numbersOf(sentence).size > 0 ? 1.15 : 1;
      const opening = index === 0 ? 1.4 : 1 + 0.2 * (1 - index / sentences.length);
      const handy = countWords(sentence) > 48 ? 0.6 : 1;
      return { index, stems, score: score * selfContained * figures * opening * handy };
    })
    .sort((left, right) => right.score - left.score);

  const chosen: typeof ranked = [];
  for (const candidate of ranked) {
    if (chosen.length >= wanted) break;
    if (!chosen.some((other) => isNearDuplicate(other.stems, candidate.stems))) chosen.push(candidate);
  }
  chosen.sort((left, right) => left.index - right.index);

  const points = chosen.flatMap(({ index }) => {
    const sentence = sentences[index];
    if (!sentence) return [];
    const variants = shortenSentence(tidySentence(sentence.text));
    const fitting =
      variants.find((variant) => countWords(variant) <= MAX_POINT_WORDS) ?? variants.at(-1) ?? sentence.text;
    return [{ text: fitting, quote: sentence.raw }];
  });
  // For prose without sentences, its beginning.
  const [opening] = /^\s*(?:\S+\s+){2,40}/.exec(text) ?? [];
  if (points.length === 0 && opening !== undefined && !text.includes('?')) {
    points.push({ text: tidySentence(opening.trim()), quote: opening.trim() });
  }
  const relevant = points.length > 0 && (topicStems.size === 0 || containment(topicStems, contentStems(text)) >= 0.25);
  return { relevant, points };
};
