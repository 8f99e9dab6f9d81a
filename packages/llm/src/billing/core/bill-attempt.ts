import type { CallLimitation } from '@pressroom/contracts';
import { REPLY_LIMIT_MULTIPLE } from '../../providers/transport/reply-limits.ts';
import type { EndCallRequest, Usage } from '../../ports.ts';
import { clampUsage } from './clamp-usage.ts';
import { reconcileUsage, type OwnCount } from './reconcile-usage.ts';

export const NO_USAGE: Usage = {
  uncachedInput: 0,
  cacheRead: 0,
  cacheWrite5m: 0,
  cacheWrite1h: 0,
  output: 0,
  reasoning: 0,
};

/** What came of one provider request, seen from the socket. */
export interface Exchange {
  text: string;
  /** Last usage the provider reported, whether or not it was the final one. */
  usage: Usage | undefined;
  isUsageFinal: boolean;
  /** Absent when the stream ended before the model had stopped. */
  finish: 'stop' | 'length' | 'refusal' | undefined;
  /** Who ended it: the provider (also by failing), our timeouts, the attempt's own signal, or our limit on its length. */
  endedBy: 'provider' | 'timeout' | 'scope' | 'limit';
  /** It is certain that the provider charges nothing: no byte was written, or an error status says so. */
  isFree: boolean;
  /** Tier that the reply says has served it. */
  serviceTier: string | undefined;
  latencyMs: number;
  /** From the request to the first event of the stream. */
  firstEventMs: number | undefined;
}

export interface Bill extends Pick<EndCallRequest, 'status' | 'usage'> {
  /** Why the row is no plain copy of what the provider reported. */
  limitation?: CallLimitation;
}

/**
 * What a request is billed by (docs/adr/0020-what-is-free.md).
 *
 * - Free (`failed`, `aborted`) is only what provably costs nothing.
 * - A request that may have been served without a whole reply is `uncertain` at the reservation's worst case: nothing
 *   tells how far the model had come, or what it had thought without showing it.
 * - A whole reply is `ok` when its usage is final and agrees with our own count to within 20 %; else `estimated`, at the
 *   dearer of both counts.
 *
 * @param own our own count of the prompt and of the text, and the most that the request allows
 */
export function billExchange(exchange: Exchange, own: OwnCount): Bill {
  const worst: Usage = { ...NO_USAGE, uncachedInput: own.maxPromptTokens, output: own.maxOutputTokens };
  const reported = exchange.usage && clampUsage(exchange.usage, own, REPLY_LIMIT_MULTIPLE);

  if (exchange.endedBy === 'limit') {
    return { status: 'estimated', usage: atLeast(worst, reported?.usage, own), limitation: 'REPLY_CUT' };
  }
  if (exchange.finish === undefined) {
    if (exchange.isFree) return { status: exchange.endedBy === 'scope' ? 'aborted' : 'failed', usage: NO_USAGE };
    return { status: 'uncertain', usage: atLeast(worst, reported?.usage, own), limitation: 'REPLY_BROKEN_OFF' };
  }
  const reconciled = reconcileUsage(reported?.usage, own, {
    isFinal: exchange.isUsageFinal,
    isRefusal: exchange.finish === 'refusal',
  });
  if (reported?.isClamped === true) {
    return { status: 'estimated', usage: reconciled.usage, limitation: 'USAGE_CLAMPED' };
  }
  const { limitation } = reconciled;
  return limitation === undefined
    ? { status: 'ok', usage: reconciled.usage }
    : { status: 'estimated', usage: reconciled.usage, limitation };
}

/** The worst case, or more where more was reported or came. */
function atLeast(worst: Usage, reported: Usage | undefined, own: OwnCount): Usage {
  const prompt =
    reported && reported.uncachedInput + reported.cacheRead + reported.cacheWrite5m + reported.cacheWrite1h;
  return {
    ...worst,
    uncachedInput: Math.max(worst.uncachedInput, prompt ?? 0),
    output: Math.max(worst.output, reported?.output ?? 0, own.textTokens.likely),
  };
}
