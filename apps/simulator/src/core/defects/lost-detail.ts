import { shortenSentence } from '../text/condense.ts';
import type { ReplyDefect } from './reply-defect.ts';

/** Shortens facts: each loses its details with the rate's probability. */
export const lostDetail: ReplyDefect = {
  name: 'lostDetail',
  onMaterial(prompt, { purpose, random, rate }) {
    if (purpose !== 'article_part' && purpose !== 'text') return prompt;
    const notes = prompt.notes.map((note) =>
      random() < rate ? { ...note, text: shortenSentence(note.text).at(-1) ?? note.text } : note,
    );
    return { ...prompt, notes };
  },
};
