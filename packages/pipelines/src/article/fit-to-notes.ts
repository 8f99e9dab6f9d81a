import type { ArticleInput } from '@pressroom/contracts';
import { countWords } from '../text/count-words.ts';
import { planWords } from './word-plan.ts';

/**
 * Words of text that one word of a note carries, told once in the lead and once in its section with what connects them.
 * Measured: articles reach their length up to a ratio of 1.9 of target to note words, and miss it from 2.0.
 */
const WORDS_PER_NOTE_WORD = 2;
/** A section below this is no sentence. */
const MIN_WORDS_PER_SECTION = 15;

type Size = Pick<ArticleInput, 'sections' | 'targetWords'>;
interface NoteText {
  text: string;
}

/**
 * The input with the sections and words that the notes carry: at most one section a note and {@link WORDS_PER_NOTE_WORD}
 * words a word of theirs. Unchanged where they carry what was asked for, and without notes, where the text rests on
 * general knowledge. Deterministic, so that outline, drafts and checks of one task agree. Idempotent.
 */
export function fitToNotes<Input extends Size>(input: Input, notes: readonly NoteText[]): Input {
  const asked = planWords(input);
  const targetWords = notes.length === 0 ? asked.targetWords : Math.min(asked.targetWords, carriedWords(notes));
  const resized = planWords({ ...input, targetWords });
  const sections = Math.min(
    resized.sections,
    notes.length === 0 ? Infinity : notes.length,
    Math.max(1, Math.floor(resized.sectionWords / MIN_WORDS_PER_SECTION)),
  );
  return {
    ...input,
    ...(targetWords < asked.targetWords && { targetWords }),
    ...(sections < resized.sections && { sections }),
  };
}

/** What of the size asked for the notes do not carry, and what to do about it; undefined when they carry all of it. */
export function describeShortfall(input: Size, notes: readonly NoteText[]): string | undefined {
  const asked = planWords(input);
  const planned = planWords(fitToNotes(input, notes));
  const isShorter = planned.targetWords < asked.targetWords;
  const hasFewerSections = input.sections !== undefined && planned.sections < input.sections;
  if (!isShorter && !hasFewerSections) return undefined;
  const plan = [
    ...(hasFewerSections ? [`${planned.sections} of ${input.sections} sections`] : []),
    ...(isShorter ? [`about ${planned.targetWords} of ${asked.targetWords} words`] : []),
  ].join(' and ');
  if (!isShorter && (notes.length === 0 || notes.length >= (input.sections ?? 0))) {
    return `${asked.targetWords} words do not fill ${input.sections} sections: ${plan} were planned. Ask for more words or fewer sections.`;
  }
  const carrier = notes.length === 1 ? '1 statement' : `${notes.length} statements`;
  return `The sources make ${carrier} on the topic: ${plan} were planned. Add sources for a longer text.`;
}

const carriedWords = (notes: readonly NoteText[]): number =>
  Math.max(MIN_WORDS_PER_SECTION, notes.reduce((total, { text }) => total + countWords(text), 0) * WORDS_PER_NOTE_WORD);
