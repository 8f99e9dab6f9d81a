import type { Random } from '@pressroom/runtime';
import { shortenSentence } from '../text/condense.ts';
import type { Continue } from '../text/continue-with.ts';
import { keyPhrases } from '../text/key-phrases.ts';
import { countWords } from '../text/words.ts';
import type { Evidence } from './evidence.ts';

const MONTHS = 'January|February|March|April|May|June|July|August|September|October|November|December';
const DATE = new RegExp(`\\b(?:${MONTHS}) \\d{1,2}(?:, \\d{4})?(?!\\d)|\\b\\d{1,2} (?:${MONTHS})(?: \\d{4})?`, 'g');
const FIGURE =
  /[$£€]\d[\d,.]*\d(?: (?:million|billion|trillion))?|(?<![\d,])\d[\d,]*(?:\.\d+)? ?(?:%|percent|per cent|million|billion|mph|km\/h|kilometres|kilometers|km|miles|mi|metres|meters|feet|ft|people|deaths|points|votes|copies|homes|hours|minutes|weeks|tons|tonnes)(?![\p{L}])/gu;
const NAME = /\b\p{Lu}[\p{L}'’-]+(?: (?:(?:of|de|da|van|von) )?\p{Lu}[\p{L}'’-]+)+/gu;

/** Draws options without repetition until all were used. */
export type Drawer = <T>(options: readonly T[]) => T | undefined;
export function createDrawer(random: Random): Drawer {
  const used = new Set<unknown>();
  return (options) => {
    const free = options.filter((option) => !used.has(option));
    const option = free[Math.floor(random() * free.length)];
    if (option !== undefined) used.add(option);
    return option;
  };
}

function list(items: readonly string[]): string {
  return items.length < 2 ? (items[0] ?? '') : `${items.slice(0, -1).join(', ')} and ${items.at(-1) ?? ''}`;
}

const OPENINGS = [
  'The sources report that',
  'It is on record that',
  'As the source has it,',
  'The account makes clear that',
  'According to the sources,',
  'What is known is that',
];

/** A longer variant of a fact that names its source; undefined when none fits. */
export function frameFact(
  fact: Evidence,
  title: string | undefined,
  draw: Drawer,
  continueWith: Continue,
): string | undefined {
  const inner = continueWith(fact.text);
  if (inner === undefined) return undefined;
  if (title !== undefined && title !== '') return `According to “${title}”, ${inner}`;
  const opening = draw(OPENINGS);
  return opening === undefined ? undefined : `${opening} ${inner}`;
}

type Restating = (shown: string) => string;
const FIGURES: readonly ((shown: string, subject: string) => string)[] = [
  (shown, subject) => `The figures given for ${subject} are ${shown}.`,
  (shown, subject) => `For ${subject}, that means ${shown}.`,
  (shown, subject) => `On ${subject}, the account gives ${shown}.`,
];
const DATES: readonly Restating[] = [
  (shown) => `The date given is ${shown}.`,
  (shown) => `The account dates this to ${shown}.`,
];
const NAMES: readonly Restating[] = [
  (shown) => `The same account names ${shown}.`,
  (shown) => `The names on record here are ${shown}.`,
  (shown) => `${shown} all appear in this account.`,
];
const BRIEFLY: readonly Restating[] = [(shown) => `In short, ${shown}`, (shown) => `Put briefly, ${shown}`];

/**
 * Follow-up sentences about a fact, used when there are fewer facts than words: its figures, dates and names, and a short
 * restatement. They use only the fact itself.
 */
export function elaborate(fact: Evidence, draw: Drawer, continueWith: Continue): string[] {
  const sentences: string[] = [];
  const add = (restatings: readonly Restating[], shown: string | undefined): void => {
    const restate = shown === undefined ? undefined : draw(restatings);
    if (restate && shown !== undefined) sentences.push(restate(shown));
  };
  const figures = [...new Set(fact.text.match(FIGURE) ?? [])].slice(0, 3);
  const dates = [...new Set(fact.text.match(DATE) ?? [])].slice(0, 1);
  const names = [
    ...new Set(
      (fact.text.match(NAME) ?? []).map((name) => name.replace(/^(?:The|In|On|At|By|For|After|Before|While) /, '')),
    ),
  ]
    .filter((name) => name.includes(' ') && !new RegExp(MONTHS).test(name))
    .slice(0, 3);
  const subject = nounPhrase(fact.text);
  if (figures.length > 1 && subject !== undefined) {
    const restate = draw(FIGURES);
    if (restate) sentences.push(restate(list(figures), subject));
  }
  add(NAMES, names.length > 2 ? list(names) : undefined);
  add(DATES, dates[0]);
  const [full = '', ...shorter] = shortenSentence(fact.text);
  const brief = shorter.at(-1);
  if (brief !== undefined && countWords(brief) <= countWords(full) * 0.65) add(BRIEFLY, continueWith(brief));
  return sentences;
}

const TURNS: readonly ((from: string, to: string) => string)[] = [
  (from, to) => `From ${from} the account turns to ${to}.`,
  (from, to) => `The sources speak of ${from}, and equally of ${to}.`,
  (from, to) => `Beside ${from}, the record takes in ${to}.`,
];

/** A transition from one fact to the next, by their subjects. */
export function turnTo(from: Evidence, to: Evidence, draw: Drawer): string | undefined {
  const left = nounPhrase(from.text, to.text);
  const right = nounPhrase(to.text, from.text);
  return left === undefined || right === undefined || left === right ? undefined : draw(TURNS)?.(left, right);
}

/** A phrase that fits into another sentence: a name with its article, or a plural. */
function nounPhrase(text: string, apartFrom?: string): string | undefined {
  const phrase = keyPhrases([text], 6, apartFrom === undefined ? [] : [apartFrom]).find(
    ({ text: candidate, stems }) => stems.length > 1 && (/\p{Lu}/u.test(candidate) || candidate.endsWith('s')),
  )?.text;
  return phrase !== undefined && text.includes(`the ${phrase}`) ? `the ${phrase}` : phrase;
}
