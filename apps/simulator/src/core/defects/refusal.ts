import type { ReplyDefect } from './reply-defect.ts';

const REFUSALS = [
  "I'm sorry, but I can't help with that.",
  "I can't assist with this request.",
  "I'm not able to write about this.",
];

/** With the rate's probability a request is refused in words, and the reply ends as the vendor ends refusals. */
export const refusal: ReplyDefect = {
  name: 'refusal',
  onEnd(_text, { random, rate }) {
    if (random() >= rate) return undefined;
    return { text: REFUSALS[Math.floor(random() * REFUSALS.length)] ?? '', finish: 'refusal' };
  },
};
