import type { Random } from '@pressroom/runtime';
import { lowerFirst, shortenSentence } from '../text/condense.ts';
import { keyPhrases } from '../text/key-phrases.ts';
import { countWords } from '../text/words.ts';
import type { Evidence } from './evidence.ts';

const MONTHS = 'January|February|March|April|May|June|July|August|September|October|November|December';
const DATE = new RegExp(`\\b(?:${MONTHS}) \\d{1,2}(?:, \\d{4})?(?!\\d)|\\b\\d{1,2} (?:${MONTHS})(?: \\d{4})?`, 'g');
const FIGURE =
  /[$£€]\d[\d,.]*\d(?: (?:million|billion|trillion))?|\d[\d,]*(?:\.\d+)? ?(?:%|percent|per cent|million|billion|mph|km\/h|kilometres|kilometers|km|miles|metres|meters|feet|people|deaths|points|votes|copies|homes|hours|minutes|weeks|tons|tonnes)(?![\p{L}])/gu;
const NAME = /\b\p{Lu}[\p{L}'’-]+(?: (?:(?:of|de|da|van|von) )?\p{Lu}[\p{L}'’-]+)+/gu;

/** Draws without repeating itself until every option was used. */
export function createDrawer(random: Random): <T>(options: readonly T[], render: (option: T) => string) => string | undefined {
  const used = new Set<unknown>();
  return (options, render) => {
    const free = options.filter((option) => !used.has(option));
    const option = free[Math.floor(random() * free.length)];
    if (option === undefined) return undefined;
    used.add(option);
    return render(option);
  };
}
export type Drawer = ReturnType<typeof createDrawer>;

function list(items: readonly string[]): string {
  return items.length < 2 ? (items[0] ?? '') : `${items.slice(0, -1).join(', ')} and ${items.at(-1) ?? ''}`;
}

type Frame = (fact: string, phrase: string) => string;
const FRAMES: readonly Frame[] = [
  (fact, phrase) => `As far as ${phrase} is concerned, the sources state that ${fact}`,
  (fact, phrase) => `On the subject of ${phrase}, the record is specific: ${fact}`,
  (fact) => `It is worth setting out in full what the sources report here: ${fact}`,
  (fact, phrase) => `Anyone who wants to understand ${phrase} needs to know one thing above all: ${fact}`,
  (fact) => `One point deserves to be told in the source's own order: ${fact}`,
  (fact, phrase) => `Where ${phrase} comes into the account, it is stated that ${fact}`,
];

/** The fact inside a longer sentence that leads up to it; undefined when every frame was used. */
export function frameFact(fact: Evidence, title: string | undefined, draw: Drawer): string | undefined {
  const inner = lowerFirst(fact.text);
  if (title !== undefined && title !== '') return `According to “${title}”, ${inner}`;
  const phrase = nounPhrase(fact.text);
  return draw(phrase === undefined ? FRAMES.filter((frame) => frame.length === 1) : FRAMES, (frame) => frame(inner, phrase ?? ''));
}

type Restating = (shown: string) => string;
const FIGURES: readonly Restating[] = [
  (shown) => `The figures given for this are ${shown}.`,
  (shown) => `In numbers, the account puts it at ${shown}.`,
  (shown) => `Readers who look for the numbers will find ${shown} in the same passage.`,
];
const DATES: readonly Restating[] = [
  (shown) => `The time given for this is ${shown}.`,
  (shown) => `For those who follow the calendar, the source places it at ${shown}.`,
];
const NAMES: readonly Restating[] = [
  (shown) => `Named in the same account are ${shown}.`,
  (shown) => `The names to remember from this passage are ${shown}.`,
  (shown) => `${shown} all appear in this part of the account.`,
];
const BRIEFLY: readonly Restating[] = [(shown) => `In short, ${shown}`, (shown) => `Put more briefly, ${shown}`];

/**
 * Further sentences about a fact when there are fewer facts than words: its figures, its dates, its names, the fact once
 * more in brief. They use nothing but the fact itself.
 */
export function elaborate(fact: Evidence, draw: Drawer): string[] {
  const sentences: (string | undefined)[] = [];
  const figures = [...new Set(fact.text.match(FIGURE) ?? [])].slice(0, 3);
  const dates = [...new Set(fact.text.match(DATE) ?? [])].slice(0, 2);
  const names = [...new Set((fact.text.match(NAME) ?? []).map((name) => name.replace(/^(?:The|In|On|At|By|For|After|Before|While) /, '')))]
    .filter((name) => name.includes(' ') && !new RegExp(MONTHS).test(name))
    .slice(0, 3);
  if (figures.length > 0) sentences.push(draw(FIGURES, (restate) => restate(list(figures))));
  if (names.length > 1) sentences.push(draw(NAMES, (restate) => restate(list(names))));
  if (dates.length > 0) sentences.push(draw(DATES, (restate) => restate(list(dates))));
  const [full = '', ...shorter] = shortenSentence(fact.text);
  const brief = shorter.at(-1);
  if (brief !== undefined && countWords(brief) <= countWords(full) * 0.65) sentences.push(draw(BRIEFLY, (restate) => restate(lowerFirst(brief))));
  return sentences.filter((sentence) => sentence !== undefined);
}

const TURNS: readonly ((from: string, to: string) => string)[] = [
  (from, to) => `From ${from} the account turns to ${to}.`,
  (from, to) => `So much for ${from}; the sources go on to ${to}.`,
  (from, to) => `Next to ${from} stands ${to}, on which the sources are just as definite.`,
];

/** A sentence that leads from one fact to the next by what they are about. */
export function turnTo(from: Evidence, to: Evidence, draw: Drawer): string | undefined {
  const left = nounPhrase(from.text, to.text);
  const right = nounPhrase(to.text, from.text);
  return left === undefined || right === undefined || left === right ? undefined : draw(TURNS, (turn) => turn(left, right));
}

/** A phrase that stands well inside another sentence: a name, or words that need no article because they are plural. */
function nounPhrase(text: string, apartFrom?: string): string | undefined {
  return keyPhrases([text], 6, apartFrom === undefined ? [] : [apartFrom]).find(
    (phrase) => /\p{Lu}/u.test(phrase.text) || (phrase.stems.length > 1 && phrase.text.endsWith('s')),
  )?.text;
}
