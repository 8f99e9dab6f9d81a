import { plainText } from '../text/plain-text.ts';
import { guessLanguage } from '../text/guess-language.ts';
import { splitSentences } from '../text/split-sentences.ts';
import { contentStems } from '../text/tokens.ts';
import { statedValues } from './figures.ts';
import { namePrefixes } from './names.ts';

/** A source as the contract needs it: its number, title and readable text. */
export interface SourceText {
  id: number;
  title: string;
  text: string;
}

/** A sentence of a source with its neighbours: what one sentence of an article can rest on. */
export interface Passage {
  sourceId: number;
  stems: ReadonlySet<string>;
  values: ReadonlySet<string>;
}

/** Sources prepared for many lookups. Build once per article: it is the costly part. */
export interface SourceIndex {
  passages: readonly Passage[];
  /** Positions of the passages a stem occurs in. */
  byStem: ReadonlyMap<string, readonly number[]>;
  bySource: ReadonlyMap<number, IndexedSource>;
}

export interface IndexedSource {
  id: number;
  title: string;
  language: string | undefined;
  /** Content words of the title: every passage is about them, so they tell passages not apart. */
  titleStems: ReadonlySet<string>;
  prefixes: ReadonlySet<string>;
  /** Every figure that the source states. */
  values: ReadonlySet<string>;
}

/** Prepares sources for {@link checkSupport}. Linear in the length of the texts. */
export function indexSources(sources: readonly SourceText[]): SourceIndex {
  const passages = sources.flatMap(passagesOf);
  const byStem = new Map<string, number[]>();
  passages.forEach((passage, position) => {
    for (const stem of passage.stems) {
      const positions = byStem.get(stem);
      if (positions) positions.push(position);
      else byStem.set(stem, [position]);
    }
  });
  const bySource = new Map(
    sources.map(({ id, title, text }) => [
      id,
      {
        id,
        title,
        language: guessLanguage(text),
        titleStems: contentStems(title),
        prefixes: namePrefixes(`${title}\n${text}`),
        values: new Set(passages.flatMap(({ sourceId, values }) => (sourceId === id ? [...values] : []))),
      },
    ]),
  );
  return { passages, byStem, bySource };
}

function passagesOf(source: SourceText): Passage[] {
  const sentences = splitSentences(source.text).map(({ text }) => {
    const plain = plainText(text);
    return { stems: contentStems(plain), values: statedValues(plain) };
  });
  return sentences.map((_, index) => {
    const near = sentences.slice(Math.max(0, index - 1), index + 2);
    return {
      sourceId: source.id,
      stems: new Set(near.flatMap(({ stems }) => [...stems])),
      values: new Set(near.flatMap(({ values }) => [...values])),
    };
  });
}
