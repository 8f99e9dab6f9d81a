import type { ReplyDefect } from './reply-defect.ts';

/** Where a reply breaks off, as a share of its length. */
const BREAKS = { from: 0.3, to: 0.95 };

/** With the rate's probability a reply breaks off in the middle and says so, whatever room the request had left. */
export const truncated: ReplyDefect = {
  name: 'truncated',
  onEnd(text, { random, rate }) {
    if (random() >= rate) return undefined;
    const share = BREAKS.from + (BREAKS.to - BREAKS.from) * random();
    return { text: text.slice(0, Math.max(1, Math.floor(text.length * share))), finish: 'length' };
  },
};
