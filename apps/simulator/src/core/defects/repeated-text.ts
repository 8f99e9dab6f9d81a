import { editProse } from './edit-prose.ts';
import type { ReplyDefect } from './reply-defect.ts';

/** Number of repetitions. */
const TIMES = 4;

/** With the rate's probability one sentence of the prose is repeated many times. */
export const repeatedText: ReplyDefect = {
  name: 'repeatedText',
  onValue(value, { purpose, random, rate }) {
    if (random() >= rate) return value;
    return editProse(purpose, value, (markdown) => {
      const paragraphs = markdown.split('\n\n');
      const at = Math.floor(random() * paragraphs.length);
      const last = /(?<![^.!?])[^.!?]+[.!?]+["”’')\]]*$/.exec(paragraphs[at] ?? '')?.[0] ?? '';
      paragraphs[at] = `${paragraphs[at] ?? ''}${` ${last.trim()}`.repeat(TIMES)}`.trim();
      return paragraphs.join('\n\n');
    });
  },
};
