/**
 * A year, count, amount or date, reduced to its possible values, so that "1,200", "1 200", "1.2 thousand" and "1200" are
 * equal and "3.5" and "35" are not.
 */
export interface Figure {
  /** As written. */
  quote: string;
  /** Normal forms; two figures are equal when they share one. */
  values: readonly string[];
  /** Marked as approximate ("about 3,500"): a small deviation is accepted. */
  isApproximate: boolean;
}

const FIGURE =
  /(?<![\p{L}\p{N}])\d+(?:[.,:\u00a0\u202f\u2009]\d+)*(?:\s?(?<magnitude>thousand|million|billion|trillion)\b)?/gu;
const APPROXIMATE =
  /(?:about|around|approximately|approx\.|roughly|nearly|almost|some|over|more than|close to|just over|just under|circa|~|≈)\s{0,3}[$€£¥]?\s{0,3}$/i;
const MAGNITUDES: Readonly<Record<string, number>> = { thousand: 1e3, million: 1e6, billion: 1e9, trillion: 1e12 };
const NUMBER_WORDS: ReadonlyMap<string, string> = new Map(
  [
    'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'
      .split(' ')
      .map((word, value) => [word, String(value)] as const),
    'twenty thirty forty fifty sixty seventy eighty ninety'
      .split(' ')
      .map((word, index) => [word, String(20 + 10 * index)] as const),
  ].flat(),
);
const NUMBER_WORD = new RegExp(`\\b(?:${[...NUMBER_WORDS.keys()].join('|')})\\b`, 'gi');

/** Figures written in digits, in order. */
export function findFigures(text: string): Figure[] {
  return [...text.matchAll(FIGURE)].map((match) => ({
    quote: match[0],
    values: valuesOf(match[0], match.groups?.['magnitude']),
    isApproximate: APPROXIMATE.test(text.slice(Math.max(0, match.index - 24), match.index)),
  }));
}

/** Every value that a text states, in digits or in words. */
export function statedValues(text: string): Set<string> {
  const values = new Set<string>();
  for (const match of text.matchAll(FIGURE)) {
    const magnitude = match.groups?.['magnitude'];
    for (const value of valuesOf(match[0], magnitude)) values.add(value);
    // Other languages' magnitude words are unknown: their bare number must match this figure too.
    if (magnitude !== undefined) for (const value of valuesOf(match[0], undefined)) values.add(value);
  }
  for (const [word] of text.matchAll(NUMBER_WORD)) values.add(NUMBER_WORDS.get(word.toLowerCase()) ?? word);
  return values;
}

/** Accepted relative deviation of an approximate figure; of a year ("around 1450") only a few years. */
const TOLERANCE = 0.05;
const YEAR_TOLERANCE = 0.005;
const YEAR = /^(?:1\d|20)\d{2}$/;

/** Whether a text that states these values supports the figure. */
export function isStated(figure: Figure, stated: ReadonlySet<string>): boolean {
  if (figure.values.some((value) => stated.has(value))) return true;
  if (!figure.isApproximate) return false;
  return figure.values.some((value) => {
    const wanted = Number(value);
    const tolerance = (YEAR.test(figure.quote) ? YEAR_TOLERANCE : TOLERANCE) * wanted;
    return [...stated].some((other) => Math.abs(Number(other) - wanted) <= tolerance);
  });
}

function valuesOf(quote: string, magnitude: string | undefined): string[] {
  const digits = /^[\d.,:\u00a0\u202f\u2009]*\d/.exec(quote)?.[0] ?? quote;
  const factor = magnitude === undefined ? 1 : (MAGNITUDES[magnitude.toLowerCase()] ?? 1);
  if (digits.includes(':')) return [digits];
  const readings = new Set<number>();
  if (/^\d{1,3}(?:[.,\u00a0\u202f\u2009]\d{3})+$/.test(digits)) readings.add(Number(digits.replace(/\D/g, '')));
  if (/^\d+(?:[.,]\d+)?$/.test(digits)) readings.add(Number(digits.replace(',', '.')));
  if (/^\d{1,3}(?:,\d{3})+\.\d+$/.test(digits)) readings.add(Number(digits.replaceAll(',', '')));
  if (/^\d{1,3}(?:\.\d{3})+,\d+$/.test(digits)) readings.add(Number(digits.replaceAll('.', '').replace(',', '.')));
  if (readings.size === 0) return digits.split(/\D+/).map(String);
  return [...readings].map((reading) => String(Math.round(reading * factor * 1e6) / 1e6));
}
