import { promptTokens } from '@pressroom/catalog';
import type { CallLimitation } from '@pressroom/contracts';
import { COUNT_TOLERANCE_PERCENT } from '../../providers/choose-reading.ts';
import type { Usage } from '../../ports.ts';

/** A count whose tokenizer is not published: the least and the most it can plausibly be, and the best guess. */
export interface CountRange {
  least: number;
  likely: number;
}

/** Our own count of one request and its reply, in the model's tokens. */
export interface OwnCount {
  /** The prompt without what chat formats add. */
  promptTokens: CountRange;
  /** Upper bound of the prompt: what was reserved. */
  maxPromptTokens: number;
  /** Cap of everything billed as output. */
  maxOutputTokens: number;
  /** The text of the reply. */
  textTokens: CountRange;
  /** Most tokens that the model may have thought without showing them; 0 when it was asked not to. */
  hiddenTokens: number;
}

/** Counts of a few tokens differ by more than any share of them. */
const SLACK_TOKENS = 16;

/**
 * Usage of a whole reply, held against our own count. What agrees to within 20 % is taken as reported. Where a report is
 * missing or too small, our own count, on the dear side, replaces it; where it is too large it stands, since that is what
 * will be on the invoice, but the row says that it is doubted.
 */
export function reconcileUsage(
  reported: Usage | undefined,
  own: OwnCount,
  reply: { isFinal: boolean; isRefusal: boolean },
): { usage: Usage; limitation?: CallLimitation } {
  const prompt = reported && judge(promptTokens(reported), own.promptTokens.least, own.maxPromptTokens);
  const visible = reported && reported.output - reported.reasoning;
  const mostVisible = reply.isRefusal ? own.maxOutputTokens : own.textTokens.likely + own.hiddenTokens;
  const output = reply.isFinal && visible !== undefined ? judge(visible, own.textTokens.least, mostVisible) : undefined;

  const ownOutput = Math.max(reported?.output ?? 0, own.textTokens.likely + own.hiddenTokens);
  const usage: Usage = {
    ...(reported && prompt !== 'too_small'
      ? reported
      : { uncachedInput: own.maxPromptTokens, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 }),
    output: reported && (output === 'agrees' || output === 'too_large') ? reported.output : ownOutput,
    reasoning: reported?.reasoning ?? 0,
  };
  if (prompt === undefined || output === undefined) return { usage, limitation: 'USAGE_MISSING' };
  return prompt === 'agrees' && output === 'agrees' ? { usage } : { usage, limitation: 'USAGE_UNRECONCILED' };
}

function judge(reported: number, least: number, most: number): 'agrees' | 'too_small' | 'too_large' {
  if ((reported + SLACK_TOKENS) * 100 < least * (100 - COUNT_TOLERANCE_PERCENT)) return 'too_small';
  if ((reported - SLACK_TOKENS) * 100 > most * (100 + COUNT_TOLERANCE_PERCENT)) return 'too_large';
  return 'agrees';
}
