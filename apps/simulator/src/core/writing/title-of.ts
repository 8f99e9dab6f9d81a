import { upperFirst } from '../text/condense.ts';
import { isQuestion, subjectOf } from './subject-of.ts';

const SMALL = new Set('a an and as at but by for from in into of on or the to vs via with'.split(' '));

/** Title case: every word except small ones; words with capitals are unchanged. */
export function titleCase(text: string): string {
  return text
    .split(' ')
    .map((word, index) => (index > 0 && SMALL.has(word.toLowerCase()) ? word.toLowerCase() : upperFirst(word)))
    .join(' ');
}

/** A title for a document on `topic`; `detail` extends one that would only repeat a short topic. */
export function titleOf(topic: string, detail = ''): string {
  const trimmed = topic.trim();
  if (isQuestion(trimmed) && trimmed.length <= 90 && trimmed.endsWith('?')) return upperFirst(trimmed);
  const subject = titleCase(subjectOf(trimmed));
  return detail !== '' && subject.split(' ').length <= 7 && !subject.includes(':') ? `${subject}: ${detail}` : subject;
}
