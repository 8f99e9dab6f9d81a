import { plainText } from '../text/plain-text.ts';
import { guessLanguage } from '../text/guess-language.ts';
import { splitSentences } from '../text/split-sentences.ts';
import { contentStems } from '../text/tokens.ts';
import { statedValues } from './figures.ts';
import { namePrefixes } from './names.ts';

/** A source to check against: number, title and readable text. */
export interface SourceText {
  id: number;
  title: string;
  text: string;
}

/** A sentence of a source with its neighbours. */
export interface Passage {
  sourceId: number;
  stems: ReadonlySet<string>;
  values: ReadonlySet<string>;
}

/** Sources indexed for many lookups. Building is expensive: do it once per article. */
export interface SourceIndex {
  passages: readonly Passage[];
  /** Positions of the passages that contain a stem. */
  byStem: ReadonlyMap<string, readonly number[]>;
  bySource: ReadonlyMap<number, IndexedSource>;
}

export interface IndexedSource {
  id: number;
  title: string;
  language: string | undefined;
  /** Content words of the title: they apply to every passage and so do not distinguish passages. */
  titleStems: ReadonlySet<string>;
  prefixes: ReadonlySet<string>;
  /** All figures that the source states. */
  values: ReadonlySet<string>;
}

/** Indexes sources for {@link checkSupport}. Linear in the length of the texts: at most about 2 ms per 1,000 characters. */
export function indexSources(sources: readonly SourceText[]): SourceIndex {
  const work = indexingSteps(sources);
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}

/** {@link indexSources} in steps of at most a few milliseconds, for callers that must yield to other work. */
export function* indexingSteps(sources: readonly SourceText[]): Generator<undefined, SourceIndex> {
  const passages: Passage[] = [];
  const bySource = new Map<number, IndexedSource>();
  const byStem = new Map<string, number[]>();
  for (const { id, title, text } of sources) {
    const sentences: Omit<Passage, 'sourceId'>[] = [];
    const prefixes = namePrefixes(title);
    const values = new Set<string>();
    for (const slice of slicesOf(text)) {
      for (const sentence of splitSentences(slice)) {
        const plain = plainText(sentence.text);
        sentences.push({ stems: contentStems(plain), values: statedValues(plain) });
        if (sentences.length % SENTENCES_PER_STEP === 0) yield undefined;
      }
      yield undefined;
      for (const prefix of namePrefixes(slice)) prefixes.add(prefix);
      yield undefined;
    }
    for (const [index, sentence] of sentences.entries()) {
      const near = [sentences[index - 1], sentence, sentences[index + 1]].filter((each) => each !== undefined);
      const stems = new Set(near.flatMap((each) => [...each.stems]));
      for (const stem of stems) {
        const positions = byStem.get(stem);
        if (positions) positions.push(passages.length);
        else byStem.set(stem, [passages.length]);
      }
      for (const value of sentence.values) values.add(value);
      passages.push({ sourceId: id, stems, values: new Set(near.flatMap((each) => [...each.values])) });
      if (index % SENTENCES_PER_STEP === 0) yield undefined;
    }
    const titleStems = contentStems(title);
    bySource.set(id, { id, title, language: guessLanguage(text), titleStems, prefixes, values });
  }
  return { passages, byStem, bySource };
}

const SENTENCES_PER_STEP = 50;
const SLICE_CHARACTERS = 8_000;

/** Slices of a text, cut between paragraphs or lines where possible. */
function* slicesOf(text: string): Generator<string> {
  let from = 0;
  while (text.length - from > SLICE_CHARACTERS) {
    const head = text.slice(from, from + SLICE_CHARACTERS);
    const cut = ['\n\n', '\n', '. ', ' ']
      .map((boundary) => head.lastIndexOf(boundary) + boundary.length)
      .find((at) => at > SLICE_CHARACTERS / 2);
    const length = cut ?? SLICE_CHARACTERS;
    yield head.slice(0, length);
    from += length;
  }
  yield text.slice(from);
}
