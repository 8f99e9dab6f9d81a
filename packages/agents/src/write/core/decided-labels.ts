import type { Classification, ClassifyInput } from '@pressroom/contracts';
import { locateQuote } from '../../refine/core/locate-quote.ts';

export type DecidedLabel = Classification['labels'][number];

/** Validates a decision; the issues are returned to the model. */
export function validateLabels({ labels }: Classification, input: ClassifyInput): string[] {
  const given = new Set(input.labels.map(({ name }) => normal(name)));
  const named = labels.map(({ name }) => normal(name));
  const unknown = named.filter((name) => !given.has(name)).length;
  return [
    ...(unknown > 0 ? [`${unknown} labels are not among those given`] : []),
    ...(new Set(named).size < named.length ? ['a label is named twice'] : []),
    ...(input.multi !== true && labels.length !== 1 ? [`${labels.length} labels where one is expected`] : []),
    ...labels
      .filter(({ confidence }) => !(confidence >= 0 && confidence <= 1))
      .map(({ confidence }) => `${confidence} is not a confidence from 0 to 1`),
  ];
}

/** Labels by their given names, by descending confidence; each quote is an exact substring of the text or empty. */
export function normaliseLabels({ labels }: Classification, input: ClassifyInput): DecidedLabel[] {
  const names = new Map(input.labels.map(({ name }) => [normal(name), name]));
  return labels
    .flatMap(({ name, confidence, quote, reason }) => {
      const given = names.get(normal(name));
      return given === undefined
        ? []
        : [
            {
              name: given,
              confidence,
              quote: quote.trim() === '' ? '' : (locateQuote(input.text, quote) ?? ''),
              reason: singleLine(reason),
            },
          ];
    })
    .sort((a, b) => b.confidence - a.confidence);
}

const normal = (name: string): string => singleLine(name).toLowerCase();
const singleLine = (text: string): string => text.replace(/\s+/g, ' ').trim();
