import { shortenSentence } from '../text/condense.ts';
import type { ReplyDefect } from './reply-defect.ts';

/** Facts are told without their asides: each loses, with the rate's probability, what a thorough writer would keep. */
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
