import { isWhole, tidySentence } from '../text/condense.ts';
import { splitSentences } from '../text/split-sentences.ts';
import { contentStems, countWords, numbersOf, wordsOf } from '../text/words.ts';
import { containment } from '../text/similarity.ts';
import type { ParsedPrompt } from '../prompt/parsed-prompt.ts';

/** A statement given as true in the prompt, with its sources. */
export interface Evidence {
  text: string;
  sources: readonly number[];
}

/** Notes first, then the sentences of sources and references that are not in the notes. */
export function evidenceOf(prompt: ParsedPrompt): Evidence[] {
  const notes = prompt.notes.map(({ text, sources }) => ({ text: tidySentence(text), sources }));
  const sentences = [...prompt.sources, ...prompt.references].flatMap((source) =>
    splitSentences(source.text)
      .filter((sentence) => countWords(sentence.text) >= 4 && isWhole(sentence.text))
      .map((sentence) => ({ text: tidySentence(sentence.text), sources: [source.id] })),
  );
  return [...notes, ...sentences];
}

export interface Support {
  /** Share of the sentence's content covered by the best evidence, from 0 to 1. */
  share: number;
  evidence: Evidence | undefined;
  /** Figures of the sentence that are in no evidence. */
  unknownFigures: string[];
}

export interface EvidenceIndex {
  readonly size: number;
  supportOf(sentence: string): Support;
}

/** Connecting words, which need no evidence. */
const FRAME = contentStems(
  'account accounts date dates dated figure figures given names named source sources state states recorded report reports ' +
    'reported note notes noted brief briefly put puts short point points record records clear known means numbers appear ' +
    'speak turns takes addition beyond alongside beside further equally detail details according',
);

/** The content of a sentence, without connecting words. */
export function meaningOf(sentence: string): Set<string> {
  return new Set([...contentStems(sentence)].filter((item) => !FRAME.has(item)));
}

/** Finds the evidence that supports a sentence; built once per article. */
export function indexEvidence(evidence: readonly Evidence[], alwaysKnown = ''): EvidenceIndex {
  const known = new Set([...FRAME, ...contentStems(alwaysKnown)]);
  const entries = evidence.map((item) => ({ item, stems: contentStems(item.text) }));
  const postings = new Map<string, number[]>();
  entries.forEach(({ stems }, index) => {
    for (const stem of stems) {
      const list = postings.get(stem);
      if (list) list.push(index);
      else postings.set(stem, [index]);
    }
  });
  const figures = new Set(evidence.flatMap(({ text }) => [...numbersOf(text)]));
  for (const figure of numbersOf(alwaysKnown)) figures.add(figure);
  return {
    size: entries.length,
    supportOf(sentence) {
      const stems = new Set([...contentStems(sentence)].filter((item) => !known.has(item)));
      const unknownFigures = [...numbersOf(sentence)].filter((figure) => !figures.has(figure));
      const hits = new Map<number, number>();
      for (const stem of stems)
        for (const index of postings.get(stem) ?? []) hits.set(index, (hits.get(index) ?? 0) + 1);
      const ranked = [...hits].sort((left, right) => right[1] - left[1] || left[0] - right[0]).slice(0, 2);
      const best = ranked[0] && entries[ranked[0][0]];
      const second = ranked[1] && entries[ranked[1][0]];
      // A sentence may join two facts, so the two best pieces of evidence are combined.
      const joined = new Set([...(best?.stems ?? []), ...(second?.stems ?? [])]);
      const share = stems.size === 0 && wordsOf(sentence).length > 0 ? 1 : containment(stems, joined);
      return { share, evidence: best?.item, unknownFigures };
    },
  };
}
