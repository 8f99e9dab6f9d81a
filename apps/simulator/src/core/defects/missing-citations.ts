import { stripCitations } from '../text/words.ts';
import { editProse, editSentences } from './edit-prose.ts';
import type { ReplyDefect } from './reply-defect.ts';

/** Removes citations: from each sentence with the rate's probability. */
export const missingCitations: ReplyDefect = {
  name: 'missingCitations',
  onValue: (value, { purpose, random, rate }) =>
    editProse(purpose, value, (markdown) =>
      editSentences(markdown, (sentence) =>
        sentence.includes('[') && random() < rate ? stripCitations(sentence) : sentence,
      ),
    ),
};
