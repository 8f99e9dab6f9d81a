import type { Random } from '@pressroom/runtime';
import { isAnaphoric } from '../text/condense.ts';
import type { Continue } from '../text/continue-with.ts';
import { countWords } from '../text/words.ts';
import { cite } from './cite.ts';

export interface PlainSentence {
  text: string;
  sources: readonly number[];
  /** Introduces or restates a fact; never gets a connective. */
  framing: boolean;
}

// Connectives that add without claiming a cause, a contrast or a sequence, which the facts may not support.
const CONNECTIVES = [
  'In addition,',
  'Beyond that,',
  'The sources also note that',
  'Further,',
  'It is also on record that',
  'Alongside this,',
  'The record also shows that',
  'Equally,',
];
const OPENS_WITH_ADVERBIAL =
  /^(?:In|On|At|After|Before|By|During|While|When|Although|Though|As|From|Since|Despite|Following|Over|Under|With|Within|Because|If|Once|Until|For|To|According|Due|Early|Late|What|As|It is|“|")\b/;
const PARAGRAPH_SENTENCES = [3, 4, 3, 2];

/** Joins sentences to Markdown paragraphs of two to four sentences, each sentence cited, with varied connectives. */
export function connectSentences(
  sentences: readonly PlainSentence[],
  extraWords: number,
  random: Random,
  continueWith: Continue,
): string {
  const unused = [...CONNECTIVES];
  let remainingWords = extraWords;
  const paragraphs = groupIntoParagraphs(sentences, random).map((paragraph) =>
    paragraph
      .map((sentence, index) => {
        const inner = index > 0 && connectable(sentence) && random() < 0.45 ? continueWith(sentence.text) : undefined;
        const connective = inner === undefined ? undefined : unused[Math.floor(random() * unused.length)];
        if (inner === undefined || connective === undefined || countWords(connective) > remainingWords)
          return cite(sentence.text, sentence.sources);
        unused.splice(unused.indexOf(connective), 1);
        remainingWords -= countWords(connective);
        return cite(`${connective} ${inner}`, sentence.sources);
      })
      .join(' '),
  );
  return paragraphs.join('\n\n');
}

function connectable(sentence: PlainSentence): boolean {
  return !sentence.framing && !OPENS_WITH_ADVERBIAL.test(sentence.text) && !isAnaphoric(sentence.text);
}

function groupIntoParagraphs(sentences: readonly PlainSentence[], random: Random): PlainSentence[][] {
  const paragraphs: PlainSentence[][] = [];
  let offset = Math.floor(random() * PARAGRAPH_SENTENCES.length);
  let at = 0;
  while (at < sentences.length) {
    const left = sentences.length - at;
    let size = PARAGRAPH_SENTENCES[offset % PARAGRAPH_SENTENCES.length] ?? 3;
    // Avoids a last paragraph of one sentence.
    if (left - size === 1) size = left <= 4 ? left : size - 1;
    size = Math.max(Math.min(2, left), size);
    paragraphs.push(sentences.slice(at, at + size));
    at += size;
    offset += 1;
  }
  return paragraphs;
}
