import type { ArticleOutline } from '@pressroom/contracts';
import { shortenSentence } from '../text/condense.ts';
import { keyPhrases } from '../text/key-phrases.ts';
import { contentStems, countWords } from '../text/words.ts';
import type { PromptNote } from '../prompt/parsed-prompt.ts';
import { clusterNotes } from './cluster-notes.ts';
import { evidenceOf } from './evidence.ts';
import { nameSection } from './name-section.ts';
import { subjectOf } from './subject-of.ts';
import { titleCase, titleOf } from './title-of.ts';
import type { Writer } from './writer.ts';

const DEFAULT_WORDS = 900;
const DEFAULT_SECTIONS = 4;
const GENERIC = [
  'Background',
  'Workings',
  'Importance',
  'Effects',
  'Perception',
  'Practice',
  'Costs and Benefits',
  'Common Mistakes',
  'Evolution',
  'Responses',
  'Open Questions',
  'Outlook',
];

/** A title and sections that use every note and divide the requested words, minus a lead of about a tenth. */
export const writeArticleOutline: Writer<ArticleOutline> = ({ prompt }) => {
  const notes =
    prompt.notes.length > 0
      ? prompt.notes
      : evidenceOf({ ...prompt, references: [] }).map((item, index) => ({ ...item, id: `n${index + 1}` }));
  const target = prompt.words ?? DEFAULT_WORDS;
  const count = prompt.sections ?? DEFAULT_SECTIONS;
  const groups: PromptNote[][] = clusterNotes(notes, count);
  while (groups.length < count) groups.push([]);

  const subject = subjectOf(prompt.topic);
  const headings: string[] = [];
  groups.forEach((group, index) => {
    const others = groups.filter((other) => other !== group).flatMap((other) => other.map((note) => note.text));
    const texts = group.map((note) => note.text);
    headings.push(
      texts.length > 0 ? nameSection(texts, others, prompt.topic, headings) : (GENERIC[index] ?? `Part ${index + 1}`),
    );
  });
  const shares = shareWords(groups, target - leadWords(target));
  const sections = groups.map((group, index) => {
    const heading = headings[index] ?? '';
    return {
      heading,
      purpose: `Show what the sources say about ${heading.replace(/^[^:]*: /, '')} in relation to ${subject}.`,
      points: group.slice(0, 4).map((note) => pointOf(note.text)),
      noteIds: group.map((note) => note.id),
      words: shares[index] ?? 0,
    };
  });
  return {
    title: titleOf(
      prompt.topic,
      detailOf(
        prompt.topic,
        notes.map((note) => note.text),
      ),
    ),
    sections,
  };
};

/** The subject of the notes besides the topic itself. */
function detailOf(topic: string, texts: readonly string[]): string {
  const own = contentStems(topic);
  return keyPhrases(texts, 8)
    .filter((phrase) => phrase.stems.every((item) => !own.has(item)))
    .slice(0, 2)
    .map((phrase) => titleCase(phrase.text))
    .join(' and ');
}

function leadWords(target: number): number {
  return Math.min(150, Math.max(40, Math.round(target * 0.1)));
}

function pointOf(text: string): string {
  const shortest = shortenSentence(text).at(-1) ?? text;
  const words = shortest.split(' ');
  return words.length <= 18
    ? shortest.replace(/\.$/, '')
    : `${words
        .slice(0, 16)
        .join(' ')
        .replace(/[,;:]$/, '')} …`;
}

/** Divides words by the length of the notes, smoothed, so that the shares add up to `total` exactly. */
function shareWords(groups: readonly PromptNote[][], total: number): number[] {
  const lengths = groups.map((group) => group.reduce((sum, note) => sum + countWords(note.text), 0));
  const mean = Math.max(1, lengths.reduce((sum, length) => sum + length, 0) / Math.max(1, groups.length));
  const weights = lengths.map((length) => Math.max(0.5, Math.min(1.6, length / mean)));
  const weightSum = weights.reduce((sum, weight) => sum + weight, 0);
  const shares = weights.map((weight) => Math.floor((total * weight) / weightSum));
  const rest = total - shares.reduce((sum, share) => sum + share, 0);
  return shares.map((share, index) => share + (index < rest ? 1 : 0));
}
