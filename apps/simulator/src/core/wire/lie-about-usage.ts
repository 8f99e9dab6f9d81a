import type { GeneratedReply } from './generation.ts';
import type { UsageLie } from './usage-lies.ts';

const CHANGES: Readonly<Record<Exclude<UsageLie, 'missing'>, (tokens: number) => number>> = {
  too_big: (tokens) => 20 * tokens + 100,
  zero: () => 0,
  negative: (tokens) => -tokens - 1,
};

/** The reply as its report makes it look; what it says, and what is billed, stays. Pure. */
export function lieAboutUsage(reply: GeneratedReply, lie: UsageLie): GeneratedReply {
  if (lie === 'missing') return { ...reply, hidesUsage: true };
  const change = CHANGES[lie];
  const { uncachedInput, cacheRead, cacheWrite5m, cacheWrite1h, output } = reply.usage;
  return {
    ...reply,
    promptTokens: change(reply.promptTokens),
    usage: {
      uncachedInput: change(uncachedInput),
      cacheRead,
      cacheWrite5m,
      cacheWrite1h,
      output: change(output),
      reasoning: 0,
    },
  };
}
