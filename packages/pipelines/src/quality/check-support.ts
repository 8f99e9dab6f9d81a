import { plainText } from '../text/plain-text.ts';
import { contentStems } from '../text/tokens.ts';
import { findFigures, isStated } from './figures.ts';
import { findNames, mentionsName } from './names.ts';
import type { Passage, SourceIndex } from './source-index.ts';

export interface Support {
  /** Share of the sentence's content words, weighted by rarity, in the best passages of the sources: 0 to 1. */
  coverage: number;
  /** Figures and names that no related passage states. */
  missing: string[];
  /** Content words outside the sources' titles; a sentence with very few makes no claim. */
  contentWords: number;
}

/** Number of passages that may support one sentence. */
const MAX_PASSAGES_PER_SENTENCE = 3;
/** Words of reporting rather than of content: alone they do not identify the passage that supports a sentence. */
const REPORTING_STEMS = contentStems(
  'account accounts date dates dated figure figures give gives given name names named number numbers note notes noted ' +
    'record records recorded report reports reported say says said source sources state states stated year years',
);
/** A passage is related when it shares at least this much of what the closest passage shares with the sentence. */
const RELATED_SHARE = 0.5;

export interface SupportOptions {
  /** The sentence's language, from {@link guessLanguage}. */
  language?: string | undefined;
  /** Prefixes of words that need no support, such as the article's topic. */
  known?: ReadonlySet<string>;
}

/**
 * Measures how well sources support a sentence: shared content words for the gist, equality for figures and names. A cheap,
 * explainable word heuristic: it detects false figures and invented sentences, but not subtle contradictions.
 *
 * @param sourceIds the sources to compare with; unknown ids are ignored
 */
export function checkSupport(
  sentence: string,
  sourceIds: readonly number[],
  index: SourceIndex,
  options: SupportOptions,
): Support {
  const plain = withoutTitles(plainText(sentence), index);
  const allowed = new Set(sourceIds);
  const stems = contentStems(plain);
  for (const id of allowed) for (const stem of index.bySource.get(id)?.titleStems ?? []) stems.delete(stem);
  if (!isComparable(sourceIds, index, options.language)) {
    // Between languages only figures can be compared.
    return { coverage: 1, missing: missingFigures(plain, sourcesOf(allowed, index)), contentWords: stems.size };
  }
  const shared = sharedStems(stems, allowed, index);
  const weights = weightStems(stems, index);
  const related = [...stems].every((stem) => REPORTING_STEMS.has(stem))
    ? sourcesOf(allowed, index)
    : relatedPassages(shared, weights, index);
  return {
    coverage: calculateCoverage(weights, shared),
    missing: [
      ...missingFigures(plain, related),
      ...(hasNounCapitals(options.language) ? [] : missingNames(plain, allowed, index, options.known)),
    ],
    contentWords: stems.size,
  };
}

/** Removes source titles: a sentence may name a source, and figures and names in its title are no claims. */
function withoutTitles(plain: string, index: SourceIndex): string {
  return [...index.bySource.values()].reduce(
    (text, { title }) => (title === '' ? text : text.replaceAll(title, ' ')),
    plain,
  );
}

/** Passages that one stem may add; a more frequent stem does not distinguish passages. */
const MAX_PASSAGES_PER_STEM = 128;

/**
 * For every allowed passage that may support a sentence, the stems that they share. Rare stems select the passages; a
 * frequent stem is looked up only in the selected ones, so the time is linear in the number of stems.
 */
function sharedStems(
  stems: ReadonlySet<string>,
  allowed: ReadonlySet<number>,
  index: SourceIndex,
): Map<number, Set<string>> {
  const shared = new Map<number, Set<string>>();
  const frequency = (stem: string): number => index.byStem.get(stem)?.length ?? 0;
  for (const stem of [...stems].sort((one, other) => frequency(one) - frequency(other))) {
    const positions = index.byStem.get(stem) ?? [];
    if (positions.length > MAX_PASSAGES_PER_STEM && shared.size > 0) {
      for (const [position, found] of shared) if (index.passages[position]?.stems.has(stem)) found.add(stem);
      continue;
    }
    let added = 0;
    for (const position of positions) {
      if (!allowed.has(index.passages[position]?.sourceId ?? Number.NaN)) continue;
      const found = shared.get(position);
      if (found) found.add(stem);
      else shared.set(position, new Set([stem]));
      added += 1;
      if (added === MAX_PASSAGES_PER_STEM) break;
    }
  }
  return shared;
}

/** Inverse document frequency: rare words weigh more. */
function weightStems(stems: ReadonlySet<string>, index: SourceIndex): Map<string, number> {
  const rarity = (stem: string): number =>
    Math.log(1 + index.passages.length / Math.max(1, index.byStem.get(stem)?.length ?? 0));
  return new Map([...stems].map((stem) => [stem, rarity(stem)]));
}

/** Greedy set cover by the best few passages. */
function calculateCoverage(
  weights: ReadonlyMap<string, number>,
  shared: ReadonlyMap<number, ReadonlySet<string>>,
): number {
  const total = sum(weights.values());
  if (total === 0) return 1;
  const uncovered = new Map(weights);
  let covered = 0;
  for (let added = 0; added < MAX_PASSAGES_PER_SENTENCE; added += 1) {
    let bestGain = 0;
    let best: ReadonlySet<string> | undefined;
    for (const found of shared.values()) {
      const gain = weightOf(found, uncovered);
      if (gain > bestGain) [bestGain, best] = [gain, found];
    }
    if (best === undefined) break;
    covered += bestGain;
    for (const stem of best) uncovered.delete(stem);
  }
  return covered / total;
}

/** Passages that share at least {@link RELATED_SHARE} of the weight that the closest passage shares with the sentence. */
function relatedPassages(
  shared: ReadonlyMap<number, ReadonlySet<string>>,
  weights: ReadonlyMap<string, number>,
  index: SourceIndex,
): Passage[] {
  const weighted = [...shared].map(([position, found]) => ({ position, weight: weightOf(found, weights) }));
  const most = Math.max(0, ...weighted.map(({ weight }) => weight));
  return weighted
    .filter(({ weight }) => weight >= RELATED_SHARE * most)
    .flatMap(({ position }) => index.passages[position] ?? []);
}

const weightOf = (stems: ReadonlySet<string>, weights: ReadonlyMap<string, number>): number =>
  sum([...stems].map((stem) => weights.get(stem) ?? 0));

function isComparable(sourceIds: readonly number[], index: SourceIndex, language: string | undefined): boolean {
  if (language === undefined) return true;
  const languages = sourceIds.map((id) => index.bySource.get(id)?.language);
  return languages.length === 0 || languages.some((other) => other === undefined || other === language);
}

/** German capitalises every noun, so capitals do not indicate names. */
const hasNounCapitals = (language: string | undefined): boolean => language === 'de';

const sourcesOf = (allowed: ReadonlySet<number>, index: SourceIndex): Pick<Passage, 'values'>[] =>
  [...allowed].flatMap((id) => index.bySource.get(id) ?? []);

function missingFigures(plain: string, passages: readonly Pick<Passage, 'values'>[]): string[] {
  return findFigures(plain)
    .filter((figure) => !passages.some(({ values }) => isStated(figure, values)))
    .map(({ quote }) => quote);
}

function missingNames(
  plain: string,
  allowed: ReadonlySet<number>,
  index: SourceIndex,
  known: ReadonlySet<string> = new Set(),
): string[] {
  const prefixes = [...allowed].flatMap((id) => index.bySource.get(id)?.prefixes ?? []);
  return findNames(plain).filter(
    (name) => !mentionsName(name, known) && !prefixes.some((set) => mentionsName(name, set)),
  );
}

function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}
