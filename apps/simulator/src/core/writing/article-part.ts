import type { ArticlePart } from '@pressroom/contracts';
import type { Random } from '@pressroom/runtime';
import { isAnaphoric, shortenSentence, tidySentence } from '../text/condense.ts';
import { createContinue, type Continue } from '../text/continue-with.ts';
import { rankTexts } from '../text/rank-sentences.ts';
import { containment, isNearDuplicate } from '../text/similarity.ts';
import { splitSentences } from '../text/split-sentences.ts';
import { contentStems, countWords } from '../text/words.ts';
import type { ParsedPrompt } from '../prompt/parsed-prompt.ts';
import { chooseWording } from './choose-wording.ts';
import { connectSentences, type PlainSentence } from './connect-sentences.ts';
import { createDrawer, elaborate, frameFact, turnTo } from './elaborate.ts';
import { evidenceOf, type Evidence } from './evidence.ts';
import { writeGeneralRemarks } from './general-remarks.ts';
import type { Writer } from './writer.ts';

const DEFAULT_WORDS = 180;
/** Share of the requested words for the sentences; the rest is for connectives and citations. */
const SENTENCE_SHARE = { min: 0.93, max: 0.99 };

/** Maximum share of a part from notes given to other parts. */
const BORROWED_SHARE = 0.15;

interface Statement {
  variants: readonly string[];
  sources: readonly number[];
  value: number;
  /** From this variant on, the sentence comments on the fact instead of stating it. */
  framingFrom: number;
}

/** Connected prose about the notes of one part, every sentence cited, with the requested words (±10 %). */
export const writeArticlePart: Writer<ArticlePart> = ({ prompt, random }) => {
  const words = prompt.section?.words ?? prompt.words ?? DEFAULT_WORDS;
  const isLead = prompt.section?.part === 'lead';
  const facts = isLead ? leadFacts(prompt, words) : sectionFacts(prompt);
  return {
    markdown: facts.length > 0 ? writeFrom(facts, prompt, words, random, isLead) : writeGeneralRemarks(prompt, words),
  };
};

/** Prose of about `words` words from `facts`, in order. */
export function writeFrom(
  facts: readonly Evidence[],
  prompt: ParsedPrompt,
  words: number,
  random: Random,
  brief = false,
): string {
  const min = Math.floor(words * SENTENCE_SHARE.min);
  const max = Math.max(min + 1, Math.floor(words * SENTENCE_SHARE.max));
  let statements = facts.map((fact) => toStatement(fact, brief));
  if (longest(statements) < min && prompt.sources.length + prompt.references.length > 0) {
    const further = furtherDetails(facts, prompt, min - longest(statements)).map((fact) => ({
      ...toStatement(fact, false),
      value: 60,
    }));
    statements = [...statements, ...further];
  }
  const continueWith = createContinue([...prompt.notes.map((note) => note.text), ...facts.map((fact) => fact.text)]);
  if (longest(statements) < min) statements = withElaborations(statements, prompt, min * 1.1, random, continueWith);
  if (longest(statements) < min) {
    // A little overlap with other parts is better than a large shortfall; more would be repetition.
    const missing = Math.min(min - longest(statements), words * BORROWED_SHARE);
    const elsewhere = furtherDetails(facts, { ...prompt, sources: [], references: [] }, missing);
    statements = [
      ...statements,
      ...elsewhere.slice(0, Math.ceil(missing / 20)).map((fact) => ({ ...toStatement(fact, true), value: 20 })),
    ];
  }
  const choose = (): number[] =>
    chooseWording(
      statements.map(({ variants, value }) => ({ words: variants.map(countWords), value })),
      min,
      max,
      Math.floor(words * 1.07),
    );
  const total = (picks: readonly number[]): number =>
    picks.reduce((sum, pick, index) => sum + countWords(statements[index]?.variants[pick] ?? ''), 0);
  let chosen = choose();
  if (total(chosen) < min && statements.every((statement) => statement.framingFrom > 0)) {
    // The sentences are too short in total: longer variants fill the gap.
    statements = withElaborations(statements, prompt, Infinity, random, continueWith);
    chosen = choose();
  }
  const selected: PlainSentence[] = statements.flatMap((statement, index) => {
    const text = statement.variants[chosen[index] ?? -1];
    return text === undefined
      ? []
      : [{ text, sources: statement.sources, framing: (chosen[index] ?? 0) >= statement.framingFrom }];
  });
  // Fewer words than the shortest sentence: use that one.
  const sentences = selected.length > 0 ? selected : shortestOf(statements);
  const written = sentences.reduce((sum, sentence) => sum + countWords(sentence.text), 0);
  return connectSentences(sentences, Math.max(0, Math.floor(words * 1.02) - written), random, continueWith);
}

function toStatement(fact: Evidence, brief: boolean): Statement {
  const variants = shortenSentence(fact.text);
  return {
    variants: brief ? [...variants].reverse() : variants,
    sources: fact.sources,
    value: 100,
    framingFrom: variants.length,
  };
}

function shortestOf(statements: readonly Statement[]): PlainSentence[] {
  const [shortest] = statements
    .flatMap(({ variants, sources }) => variants.map((text) => ({ text, sources, framing: false })))
    .sort((left, right) => countWords(left.text) - countWords(right.text));
  return shortest ? [shortest] : [];
}

const longest = (statements: readonly Statement[]): number =>
  statements.reduce((sum, { variants }) => sum + Math.max(...variants.map(countWords)), 0);

/** Facts of the part's notes, in order; without notes, the facts that match its heading best. */
function sectionFacts(prompt: ParsedPrompt): Evidence[] {
  const section = prompt.section;
  const wanted = section?.noteIds ?? [];
  const assigned = wanted.flatMap((id) => prompt.notes.find((note) => note.id === id) ?? []);
  if (assigned.length > 0) return assigned.flatMap(sentencesOf);
  if (prompt.notes.length > 0 && prompt.notes.length <= 15) return prompt.notes.flatMap(sentencesOf);
  const all = evidenceOf(prompt).filter((fact) => !isAnaphoric(fact.text));
  const about = contentStems(`${section?.heading ?? prompt.topic} ${section?.text ?? ''}`);
  const limit = Math.max(4, Math.ceil((section?.words ?? prompt.words ?? DEFAULT_WORDS) / 18));
  return bestOf(all, about, limit);
}

/** Facts for a lead: the most general statements, the definition of the topic first. */
function leadFacts(prompt: ParsedPrompt, words: number): Evidence[] {
  const notes = prompt.notes.flatMap(sentencesOf);
  const all = (notes.length > 0 ? notes : evidenceOf(prompt)).filter((fact) => !isAnaphoric(fact.text));
  const topic = contentStems(prompt.topic);
  const chosen = bestOf(all, topic, Math.max(2, Math.ceil(words / 16)));
  const defines = (fact: Evidence): number =>
    containment(topic, contentStems(fact.text)) +
    (/^.{3,90}\b(?:is|was|are|were) (?:an?|the)\b/.test(fact.text) ? 1 : 0);
  const first = [...chosen].sort((left, right) => defines(right) - defines(left))[0];
  return first ? [first, ...chosen.filter((fact) => fact !== first)] : [];
}

/** The best facts about a subject, without duplicates, in the given order. */
function bestOf(facts: readonly Evidence[], about: ReadonlySet<string>, limit: number): Evidence[] {
  const ranked = rankTexts(
    facts.map((fact) => fact.text),
    about,
  ).sort((left, right) => right.score - left.score);
  const chosen: typeof ranked = [];
  for (const candidate of ranked) {
    if (chosen.length >= limit) break;
    if (!chosen.some((other) => isNearDuplicate(other.stems, candidate.stems))) chosen.push(candidate);
  }
  return chosen.sort((left, right) => left.index - right.index).flatMap(({ index }) => facts[index] ?? []);
}

function sentencesOf(note: Evidence): Evidence[] {
  const sentences = splitSentences(note.text);
  const texts = sentences.length === 0 ? [note.text] : sentences.map((sentence) => sentence.text);
  return texts
    .filter((text) => text.trim() !== '')
    .map((text) => ({ text: tidySentence(text), sources: note.sources }));
}

/** Unused facts of the given sources that belong to the part's subject. */
function furtherDetails(usedFacts: readonly Evidence[], prompt: ParsedPrompt, missingWords: number): Evidence[] {
  const known = usedFacts.map((fact) => contentStems(fact.text));
  const given = prompt.sources.length + prompt.references.length > 0 ? { ...prompt, notes: [] } : prompt;
  const open = evidenceOf(given).filter((fact) => {
    const stems = contentStems(fact.text);
    const words = countWords(fact.text);
    return (
      words >= 7 && words <= 45 && !isAnaphoric(fact.text) && !known.some((other) => isNearDuplicate(other, stems))
    );
  });
  const about = contentStems(
    `${prompt.section?.heading ?? ''} ${prompt.section?.text ?? ''} ${usedFacts.map((fact) => fact.text).join(' ')}`,
  );
  return bestOf(open, about, Math.ceil(missingWords / 16) + 1);
}

/**
 * Extends the facts with longer variants and follow-up sentences until `words` can be reached or there is nothing to add.
 */
function withElaborations(
  statements: readonly Statement[],
  prompt: ParsedPrompt,
  words: number,
  random: Random,
  continueWith: Continue,
): Statement[] {
  const titles = new Map([...prompt.references, ...prompt.sources].map((source) => [source.id, source.title]));
  const draw = createDrawer(random);
  const facts = statements.map(({ variants, sources }) => ({
    text: [...variants].sort((left, right) => right.length - left.length)[0] ?? '',
    sources,
  }));
  const framed = statements.map((statement, index) => {
    const fact = facts[index] ?? { text: '', sources: [] };
    const source = fact.sources.find((id) => titles.has(id));
    const frame = frameFact(fact, source === undefined ? undefined : titles.get(source), draw, continueWith);
    // Each source's title is mentioned once per part.
    if (source !== undefined) titles.delete(source);
    return frame === undefined ? statement : { ...statement, variants: [...statement.variants, frame] };
  });
  // Follow-up sentences only add length, so they have a negative value when the facts suffice.
  const before: Statement[][] = statements.map(() => []);
  const after: Statement[][] = statements.map(() => []);
  let reachable = longest(framed);
  const add = (
    slot: Statement[] | undefined,
    text: string | undefined,
    sources: readonly number[],
    value: number,
  ): void => {
    if (text === undefined || reachable >= words) return;
    slot?.push({ variants: [text], sources, value, framingFrom: 0 });
    reachable += countWords(text);
  };
  const offers = facts.map((fact) => elaborate(fact, draw, continueWith));
  for (let round = 0; round < 4; round += 1) {
    facts.forEach((fact, index) => {
      add(after[index], offers[index]?.[round], fact.sources, -15 - 3 * round);
      const previous = facts[index - 1];
      if (round === 0 && previous)
        add(before[index], turnTo(previous, fact, draw), [...new Set([...previous.sources, ...fact.sources])], -20);
    });
  }
  return framed.flatMap((statement, index) => [...(before[index] ?? []), statement, ...(after[index] ?? [])]);
}
