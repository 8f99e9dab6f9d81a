import { promptTokens } from '@pressroom/catalog';
import type { CallLimitation } from '@pressroom/contracts';
import { COUNT_TOLERANCE_PERCENT } from '../../providers/choose-reading.ts';
import type { Usage } from '../../ports.ts';

/** Count in a tokenizer that is not published: plausible minimum and best estimate. */
export interface CountRange {
  least: number;
  likely: number;
}

/** Local count of one request and its reply, in the model's tokens. */
export interface LocalCount {
  /** The prompt without the framing of chat formats. */
  promptTokens: CountRange;
  /** Upper bound of the prompt: the reserved amount. */
  maxPromptTokens: number;
  /** Cap of everything billed as output. */
  maxOutputTokens: number;
  /** The text of the reply. */
  textTokens: CountRange;
  /** Maximum of hidden reasoning tokens; 0 when reasoning is off. */
  hiddenTokens: number;
}

/** Absolute tolerance: counts of a few tokens differ by more than any relative one. */
const SLACK_TOKENS = 16;

/**
 * Compares the usage of a complete reply with the local count. Usage that agrees to within 20 % is taken as reported. The
 * upper local count replaces a report that is missing or too small. A report that is too large is billed, because the
 * invoice will contain it, but the row is flagged.
 */
export function reconcileUsage(
  reported: Usage | undefined,
  local: LocalCount,
  reply: { isFinal: boolean; isRefusal: boolean },
): { usage: Usage; limitation?: CallLimitation } {
  const prompt = reported && compare(promptTokens(reported), local.promptTokens.least, local.maxPromptTokens);
  const visible = reported && reported.output - reported.reasoning;
  const maxVisible = reply.isRefusal ? local.maxOutputTokens : local.textTokens.likely + local.hiddenTokens;
  const output =
    reply.isFinal && visible !== undefined ? compare(visible, local.textTokens.least, maxVisible) : undefined;

  const localOutput = Math.max(reported?.output ?? 0, local.textTokens.likely + local.hiddenTokens);
  const usage: Usage = {
    ...(reported && prompt !== 'too_small'
      ? reported
      : { uncachedInput: local.maxPromptTokens, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 }),
    output: reported && (output === 'agrees' || output === 'too_large') ? reported.output : localOutput,
    reasoning: reported?.reasoning ?? 0,
  };
  if (prompt === undefined || output === undefined) return { usage, limitation: 'USAGE_MISSING' };
  return prompt === 'agrees' && output === 'agrees' ? { usage } : { usage, limitation: 'USAGE_UNRECONCILED' };
}

function compare(reported: number, least: number, most: number): 'agrees' | 'too_small' | 'too_large' {
  if ((reported + SLACK_TOKENS) * 100 < least * (100 - COUNT_TOLERANCE_PERCENT)) return 'too_small';
  if ((reported - SLACK_TOKENS) * 100 > most * (100 + COUNT_TOLERANCE_PERCENT)) return 'too_large';
  return 'agrees';
}
