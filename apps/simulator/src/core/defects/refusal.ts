import type { ReplyDefect } from './reply-defect.ts';

const REFUSALS = [
  "I'm sorry, but I can't help with that.",
  "I can't assist with this request.",
  "I'm not able to write about this.",
];

/** With the rate's probability a request is refused, and the reply ends with the vendor's finish for refusals. */
export const refusal: ReplyDefect = {
  name: 'refusal',
  onEnd(_text, { random, rate }) {
    if (random() >= rate) return undefined;
    return { text: REFUSALS[Math.floor(random() * REFUSALS.length)] ?? '', finish: 'refusal' };
  },
};
