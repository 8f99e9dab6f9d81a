import { clipWords } from './article/fallback-metadata.ts';

/** Length of a title in lists of tasks. */
const MAX_TITLE_CHARACTERS = 120;
/** Only this much of a text is read, which may be megabytes long. */
const READ_CHARACTERS = 1_000;
/** Input fields that describe a task, the most specific first. */
const FIELDS = ['title', 'topic', 'focus', 'text'] as const;

/**
 * Title of a task, one line of at most {@link MAX_TITLE_CHARACTERS}: its title or topic, else the first words of its text
 * or of its first source. Undefined for an input without any of these. Works for any task type. Pure.
 */
export function taskTitle(input: unknown): string | undefined {
  if (typeof input !== 'object' || input === null) return undefined;
  const fields = input as Readonly<Record<string, unknown>>;
  const source = Array.isArray(fields['sources'])
    ? (fields['sources'][0] as Record<string, unknown> | null)
    : undefined;
  const candidates = [...FIELDS.map((name) => fields[name]), source?.['title'], source?.['url'], source?.['text']];
  return candidates.map(toLine).find((line) => line !== '') ?? firstString(fields);
}

/** Fallback for other task types: the first text field. */
const firstString = (fields: Readonly<Record<string, unknown>>): string | undefined =>
  Object.values(fields)
    .map(toLine)
    .find((line) => line !== '');

function toLine(value: unknown): string {
  if (typeof value !== 'string') return '';
  const text = value
    .slice(0, READ_CHARACTERS)
    .toWellFormed()
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  return clipWords(text, MAX_TITLE_CHARACTERS);
}
