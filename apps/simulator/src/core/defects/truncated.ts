import type { ReplyDefect } from './reply-defect.ts';

/** Position of the cut, as a share of the length. */
const BREAKS = { from: 0.3, to: 0.95 };

/** With the rate's probability a reply is cut in the middle with the finish `length`, regardless of the request's limit. */
export const truncated: ReplyDefect = {
  name: 'truncated',
  onEnd(text, { random, rate }) {
    if (random() >= rate) return undefined;
    const share = BREAKS.from + (BREAKS.to - BREAKS.from) * random();
    return { text: text.slice(0, Math.max(1, Math.floor(text.length * share))), finish: 'length' };
  },
};
