import type { ArticleCritique, DEFECT_KINDS } from '@pressroom/contracts';
import { isNearDuplicate, jaccard } from '../text/similarity.ts';
import { splitSentences, type Sentence } from '../text/split-sentences.ts';
import { citationsOf, contentStems, countWords } from '../text/words.ts';
import type { ParsedPrompt, PromptPart } from '../prompt/parsed-prompt.ts';
import { evidenceOf, indexEvidence, meaningOf, type EvidenceIndex } from './evidence.ts';
import type { Writer } from './writer.ts';

type Defect = ArticleCritique['defects'][number];
type Kind = (typeof DEFECT_KINDS)[number];

const MAX_DEFECTS = 20;
/** Worst first. */
const SEVERITY: readonly Kind[] = [
  'off_topic',
  'unsupported',
  'wrong_fact',
  'wrong_citation',
  'missing_citation',
  'repetition',
  'length',
  'clarity',
  'style',
];
/** A sentence with less of its content covered by evidence is unsupported. */
const SUPPORTED = 0.5;
const CLEARLY_SUPPORTED = 0.75;
const OFF_TOPIC = 0.2;
/** Tolerated relative difference from a part's requested words. */
const LENGTH_TOLERANCE = 0.25;

/** Compares every sentence of the article with the notes and references; reports defects with exact quotes. */
export const writeArticleCritique: Writer<ArticleCritique> = ({ prompt }) => {
  const evidence = evidenceOf(prompt);
  const index = indexEvidence(evidence, `${prompt.topic} ${prompt.article.map((part) => part.heading).join(' ')}`);
  const earlier: Set<string>[] = [];
  const defects = prompt.article.flatMap((part) => {
    const sentences = splitSentences(part.markdown);
    const offTopic = offTopicParagraphs(sentences, index);
    return [
      ...sentences.flatMap((sentence) => {
        const flaw = offTopic.has(sentence.paragraph)
          ? offTopicFlaw(sentences, sentence)
          : (repetitionFlaw(sentence, earlier) ?? sentenceFlaw(sentence, index));
        // A lead summarises what follows, so repeating it later is no defect.
        if (part.part !== 'lead') earlier.push(meaningOf(sentence.text));
        return flaw ? [{ ...flaw, part: part.part, quote: sentence.raw }] : [];
      }),
      ...lengthFlaws(part, sentences, prompt),
    ];
  });
  const worstFirst = defects
    .map((defect, at) => ({ defect, at }))
    .sort(
      (left, right) => SEVERITY.indexOf(left.defect.kind) - SEVERITY.indexOf(right.defect.kind) || left.at - right.at,
    )
    .map(({ defect }) => defect);
  return { scores: scoresFor(prompt, defects), defects: worstFirst.slice(0, MAX_DEFECTS) };
};

type Flaw = { kind: Kind; advice: string };

function sentenceFlaw(sentence: Sentence, index: EvidenceIndex): Flaw | undefined {
  // Without evidence a sentence cannot be checked or cited.
  if (index.size === 0 || countWords(sentence.text) < 4 || sentence.text.endsWith(':')) return undefined;
  const { share, evidence, unknownFigures } = index.supportOf(sentence.text);
  if (share < SUPPORTED) {
    return {
      kind: 'unsupported',
      advice: 'No note or source says this: remove it or replace it with a supported fact.',
    };
  }
  if (unknownFigures.length > 0) {
    const advice = `The notes and sources do not give ${unknownFigures.join(', ')}: correct the figure or remove the sentence.`;
    return { kind: 'wrong_fact', advice };
  }
  const cited = citationsOf(sentence.text);
  const sources = evidence?.sources ?? [];
  const marks = sources.map((source) => `[${source}]`).join('');
  if (cited.length === 0) {
    if (sentence.text.endsWith('?')) return undefined;
    return {
      kind: 'missing_citation',
      advice: `Cite the source of this statement${marks === '' ? '' : `: ${marks}`}.`,
    };
  }
  const isWrong =
    evidence !== undefined &&
    sources.length > 0 &&
    share >= CLEARLY_SUPPORTED &&
    statesSameFact(sentence.text, evidence.text) &&
    !cited.some((number) => sources.includes(number)) &&
    !isCitedElsewhere(sentence.text, cited, index);
  return isWrong ? { kind: 'wrong_citation', advice: `The statement is from ${marks}.` } : undefined;
}

/** Whether the sentence states the fact itself rather than mentioning its subject. */
function statesSameFact(sentence: string, fact: string): boolean {
  return jaccard(meaningOf(sentence), contentStems(fact)) >= 0.45;
}

/** A joined sentence may cite the source of its second fact. */
function isCitedElsewhere(text: string, cited: readonly number[], index: EvidenceIndex): boolean {
  return text.split(/, |; | and /).some((clause) => {
    const { share, evidence } = index.supportOf(clause);
    return share >= CLEARLY_SUPPORTED && (evidence?.sources.some((source) => cited.includes(source)) ?? false);
  });
}

function repetitionFlaw(sentence: Sentence, earlier: readonly Set<string>[]): Flaw | undefined {
  const stems = meaningOf(sentence.text);
  if (stems.size < 5) return undefined;
  const repeats = earlier.some(
    (other) =>
      other.size >= 5 &&
      isNearDuplicate(other, stems) &&
      Math.min(other.size, stems.size) >= 0.7 * Math.max(other.size, stems.size),
  );
  return repeats ? { kind: 'repetition', advice: 'The article has said this before: remove it.' } : undefined;
}

/** Paragraphs of several sentences that are all unrelated to the evidence. */
function offTopicParagraphs(sentences: readonly Sentence[], index: EvidenceIndex): Set<number> {
  const found = new Set<number>();
  if (index.size === 0) return found;
  for (const paragraph of new Set(sentences.map((sentence) => sentence.paragraph))) {
    const own = sentences.filter((sentence) => sentence.paragraph === paragraph);
    if (own.length >= 2 && own.every((sentence) => index.supportOf(sentence.text).share < OFF_TOPIC))
      found.add(paragraph);
  }
  return found;
}

function offTopicFlaw(sentences: readonly Sentence[], sentence: Sentence): Flaw | undefined {
  const first = sentences.find((other) => other.paragraph === sentence.paragraph);
  const advice =
    first === sentence ? 'The paragraph has nothing to do with the topic: remove it.' : 'Remove it with its paragraph.';
  return { kind: 'off_topic', advice };
}

function lengthFlaws(part: PromptPart, sentences: readonly Sentence[], prompt: ParsedPrompt): Defect[] {
  const wanted = prompt.outline?.sections.find((section) => String(section.number) === part.part)?.words;
  const last = sentences.at(-1);
  if (wanted === undefined || !last) return [];
  const words = countWords(part.markdown);
  if (words > wanted * (1 + LENGTH_TOLERANCE)) {
    return [
      {
        kind: 'length',
        part: part.part,
        quote: last.raw,
        advice: `Too long by ${words - wanted} words: remove what adds least.`,
      },
    ];
  }
  if (words < wanted * (1 - LENGTH_TOLERANCE)) {
    return [
      {
        kind: 'length',
        part: part.part,
        quote: last.raw,
        advice: `Too short by ${wanted - words} words: add a fact that is not used yet.`,
      },
    ];
  }
  return [];
}

/** Scores from 1 to 5, computed from the findings. */
function scoresFor(prompt: ParsedPrompt, defects: readonly Defect[]): ArticleCritique['scores'] {
  const text = prompt.article.map((part) => part.markdown).join('\n\n');
  const sentences = Math.max(1, splitSentences(text).length);
  const share = (...kinds: Kind[]): number =>
    defects.filter((defect) => kinds.includes(defect.kind)).length / sentences;
  const score = (value: number): number => Math.round(Math.max(1, Math.min(5, value)) * 10) / 10;
  const stated = contentStems(text);
  const covered = prompt.notes.filter((note) => {
    const stems = contentStems(note.text);
    let hits = 0;
    for (const stem of stems) if (stated.has(stem)) hits += 1;
    return hits >= stems.size * 0.6;
  }).length;
  const coverage = prompt.notes.length === 0 ? 4 : 1 + 4 * (covered / prompt.notes.length);
  const paragraphs = Math.max(1, text.split(/\n{2,}/).length);
  const evenness = sentences / paragraphs > 6 ? 1 : 0;
  return {
    interest: score(4.4 - 6 * share('style', 'clarity', 'repetition') - evenness),
    organisation: score(4.7 - 6 * share('repetition', 'length') - evenness - (prompt.article.length < 2 ? 0.7 : 0)),
    relevance: score(5 - 6 * share('off_topic', 'unsupported')),
    coverage: score(coverage - 3 * share('missing_citation', 'wrong_citation', 'wrong_fact')),
  };
}
