import { editProse } from './edit-prose.ts';
import type { ReplyDefect } from './reply-defect.ts';

/** How often a model that is stuck says it again. */
const TIMES = 4;

/** With the rate's probability the model gets stuck: one sentence of its prose is said over and over. */
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
