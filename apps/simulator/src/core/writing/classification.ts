import type { Classification } from '@pressroom/contracts';
import { splitSentences } from '../text/split-sentences.ts';
import { overlap } from '../text/similarity.ts';
import { contentStems } from '../text/words.ts';
import type { ParsedPrompt } from '../prompt/parsed-prompt.ts';
import type { Writer } from './writer.ts';

/** Minimum weight of a label, so that no confidence is 1. */
const FLOOR = 0.25;
/** Minimum share of the weight for a label when several may apply. */
const APPLIES_FROM = 0.3;

interface Scored {
  name: string;
  stems: Set<string>;
  confidence: number;
}

/** The labels whose name and description match the text best, each with the best matching sentence. */
export const writeClassification: Writer<Classification> = ({ prompt }) => {
  const text = prompt.sources[0]?.text ?? prompt.plain;
  const scored = scoreLabels(prompt, contentStems(text));
  const [best] = scored;
  if (!best) return { labels: [] };
  const chosen =
    prompt.attributes['labels'] === 'any' ? scored.filter(({ confidence }) => confidence >= APPLIES_FROM) : [best];
  return {
    labels: chosen.map((label) => ({
      name: label.name,
      confidence: Math.round(label.confidence * 100) / 100,
      quote: quoteFor(label, text),
      reason: reasonFor(label, text),
    })),
  };
};

function scoreLabels(prompt: ParsedPrompt, text: ReadonlySet<string>): Scored[] {
  const labels = (prompt.references.find(({ title }) => title === 'labels')?.text ?? '')
    .split('\n')
    .filter((line) => line.startsWith('- '))
    .map((line) => {
      const [, name = '', description = ''] = /^- (.*?)(?:: (.*))?$/.exec(line) ?? [];
      return { name, stems: new Set([...contentStems(name), ...contentStems(description)]) };
    });
  const weights = labels.map(({ stems }) => FLOOR + overlap(stems, text) ** 1.5);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return labels
    .map((label, index) => ({ ...label, confidence: (weights[index] ?? 0) / Math.max(total, Number.EPSILON) }))
    .sort((left, right) => right.confidence - left.confidence);
}

function quoteFor({ stems }: Scored, text: string): string {
  const sentences = splitSentences(text).map(({ raw }) => raw);
  const ranked = sentences
    .map((sentence) => ({ sentence, shared: overlap(stems, contentStems(sentence)) }))
    .sort((left, right) => right.shared - left.shared);
  return ranked[0]?.sentence ?? text.slice(0, 200);
}

function reasonFor({ name, stems }: Scored, text: string): string {
  const shared = [...contentStems(text)].filter((stem) => stems.has(stem)).length;
  return shared > 0
    ? `The text uses ${shared} of the words that describe “${name}”.`
    : `Nothing speaks against “${name}”.`;
}
