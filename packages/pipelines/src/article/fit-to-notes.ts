import type { ArticleInput } from '@pressroom/contracts';
import { countWords } from '../text/count-words.ts';
import { planWords } from './word-plan.ts';

/**
 * Words of article text per word of a note: a note appears in the lead and in its section, with connecting text.
 * Measured: articles reach their length up to a ratio of 1.9 of target to note words, and miss it from 2.0.
 */
const WORDS_PER_NOTE_WORD = 2;
/** Fewer words do not make a sentence. */
const MIN_WORDS_PER_SECTION = 15;

type Size = Pick<ArticleInput, 'sections' | 'targetWords'>;
interface NoteText {
  text: string;
}

/**
 * Reduces the requested sections and words to what the notes support: at most one section per note and
 * {@link WORDS_PER_NOTE_WORD} words per word of the notes. Without notes the text rests on general knowledge and the input
 * is unchanged. Deterministic, so that outline, drafts and checks of one task agree. Idempotent.
 */
export function fitToNotes<Input extends Size>(input: Input, notes: readonly NoteText[]): Input {
  const requested = planWords(input);
  const targetWords =
    notes.length === 0 ? requested.targetWords : Math.min(requested.targetWords, supportedWords(notes));
  const resized = planWords({ ...input, targetWords });
  const sections = Math.min(
    resized.sections,
    notes.length === 0 ? Infinity : notes.length,
    Math.max(1, Math.floor(resized.sectionWords / MIN_WORDS_PER_SECTION)),
  );
  return {
    ...input,
    ...(targetWords < requested.targetWords && { targetWords }),
    ...(sections < resized.sections && { sections }),
  };
}

/** States how far the notes fall short of the requested size and what to do; undefined when they support all of it. */
export function describeShortfall(input: Size, notes: readonly NoteText[]): string | undefined {
  const requested = planWords(input);
  const planned = planWords(fitToNotes(input, notes));
  const isShorter = planned.targetWords < requested.targetWords;
  const hasFewerSections = input.sections !== undefined && planned.sections < input.sections;
  if (!isShorter && !hasFewerSections) return undefined;
  const plan = [
    ...(hasFewerSections ? [`${planned.sections} of ${input.sections} sections`] : []),
    ...(isShorter ? [`about ${planned.targetWords} of ${requested.targetWords} words`] : []),
  ].join(' and ');
  if (!isShorter && (notes.length === 0 || notes.length >= (input.sections ?? 0))) {
    return `${requested.targetWords} words do not fill ${input.sections} sections: ${plan} were planned. Request more words or fewer sections.`;
  }
  const statements = notes.length === 1 ? '1 statement' : `${notes.length} statements`;
  return `The sources make ${statements} on the topic: ${plan} were planned. Add sources for a longer text.`;
}

const supportedWords = (notes: readonly NoteText[]): number =>
  Math.max(MIN_WORDS_PER_SECTION, notes.reduce((total, { text }) => total + countWords(text), 0) * WORDS_PER_NOTE_WORD);
