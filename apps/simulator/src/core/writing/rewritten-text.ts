import type { RewrittenText } from '@pressroom/contracts';
import { tidySentence } from '../text/condense.ts';
import { keyPhrases } from '../text/key-phrases.ts';
import { splitSentences } from '../text/split-sentences.ts';
import { countWords } from '../text/words.ts';
import type { ParsedPrompt } from '../prompt/parsed-prompt.ts';
import { writeFrom } from './article-part.ts';
import { repairText } from './repair-text.ts';
import { titleCase } from './title-of.ts';
import type { Writer } from './writer.ts';

/** Stock phrases and their plain equivalents. */
const PLAINER: readonly (readonly [RegExp, string])[] = [
  [/\bin order to\b/gi, 'to'],
  [/\bprior to\b/gi, 'before'],
  [/\bsubsequent to\b/gi, 'after'],
  [/\bwith regard to\b/gi, 'about'],
  [/\bin the event that\b/gi, 'if'],
  [/\bat this point in time\b/gi, 'now'],
  [/\bdue to the fact that\b/gi, 'because'],
  [/\ba large number of\b/gi, 'many'],
  [/\bapproximately\b/gi, 'about'],
  [/\bcommence\b/gi, 'begin'],
  [/\bcommences\b/gi, 'begins'],
  [/\bcommenced\b/gi, 'began'],
  [/\bterminated\b/gi, 'ended'],
  [/\bpurchase\b/gi, 'buy'],
  [/\bpurchased\b/gi, 'bought'],
  [/\bsufficient\b/gi, 'enough'],
  [/\butili[sz]ed\b/gi, 'used'],
  [/\bare advised to\b/gi, 'should'],
  [/\bis required to\b/gi, 'must'],
  [/\bare required to\b/gi, 'must'],
  [/\bwill be made available\b/gi, 'will be there'],
  [/\bbeforehand\b/gi, 'before that'],
  [/\bnumerous\b/gi, 'many'],
  [/\bhowever, /gi, 'but '],
];

/** The given text in plainer words, at its own or the requested length; or a repair of the given rewrite. */
export const writeRewrittenText: Writer<RewrittenText> = ({ prompt, random }) => {
  const original = prompt.sources[0]?.text ?? prompt.plain;
  const current = prompt.article[0]?.markdown;
  const hasWrongLength = prompt.defects.some(({ advice }) => /words where \d+/.test(advice));
  const first = (): string => toLength(simplify(original), prompt, random);
  const markdown = current === undefined || hasWrongLength ? first() : repairText(current, prompt.defects, original);
  return { title: isLaterPiece(prompt) ? '' : titleOf(prompt, original), markdown };
};

/** Line by line, to preserve headings and lists. */
const simplify = (text: string): string =>
  text
    .split('\n')
    .map((line) =>
      PLAINER.reduce((current, [stiff, plain]) => current.replace(stiff, (found) => matchCapital(plain, found)), line),
    )
    .join('\n');

const matchCapital = (text: string, like: string): string =>
  /^\p{Lu}/u.test(like) ? text.charAt(0).toUpperCase() + text.slice(1) : text;

function toLength(text: string, prompt: ParsedPrompt, random: Parameters<typeof writeFrom>[3]): string {
  const { words } = prompt;
  if (words === undefined || Math.abs(countWords(text) - words) <= words * 0.1) return text;
  const facts = splitSentences(text).map((sentence) => ({ text: tidySentence(sentence.text), sources: [] }));
  if (facts.length === 0) return text;
  return writeFrom(facts, { ...prompt, notes: [], sources: [], references: [] }, words, random);
}

const isLaterPiece = ({ attributes }: ParsedPrompt): boolean => /^(?:[2-9]|\d{2,}) of /.test(attributes['piece'] ?? '');

function titleOf({ attributes }: ParsedPrompt, text: string): string {
  const given = attributes['topic'];
  if (given !== undefined) return given;
  const [phrase] = keyPhrases(
    splitSentences(text).map((sentence) => sentence.text),
    1,
  );
  return phrase === undefined ? 'The Text' : `About ${titleCase(phrase.text)}`;
}
