import type { GeneratedReply } from './generation.ts';
import type { UsageMisreport } from './usage-misreports.ts';

const CHANGES: Readonly<Record<Exclude<UsageMisreport, 'missing'>, (tokens: number) => number>> = {
  too_big: (tokens) => 20 * tokens + 100,
  zero: () => 0,
  negative: (tokens) => -tokens - 1,
};

/** Changes the reported usage of a reply; its content and the billed usage are unchanged. Pure. */
export function misreportUsage(reply: GeneratedReply, lie: UsageMisreport): GeneratedReply {
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
