import type { CallLimitation } from '@pressroom/contracts';
import { REPLY_LIMIT_MULTIPLE } from '../../providers/transport/reply-limits.ts';
import type { EndCallRequest, Usage } from '../../ports.ts';
import { clampUsage } from './clamp-usage.ts';
import { reconcileUsage, type LocalCount } from './reconcile-usage.ts';

export const NO_USAGE: Usage = {
  uncachedInput: 0,
  cacheRead: 0,
  cacheWrite5m: 0,
  cacheWrite1h: 0,
  output: 0,
  reasoning: 0,
};

/** The result of one provider request, as observed on the socket. */
export interface ProviderResponse {
  text: string;
  /** Last usage the provider reported, whether or not it was the final one. */
  usage: Usage | undefined;
  isUsageFinal: boolean;
  /** Absent when the stream ended before the model stopped. */
  finish: 'stop' | 'length' | 'refusal' | undefined;
  /** What ended it: the provider (including its failures), a gateway timeout, the attempt's signal, or the length limit. */
  endedBy: 'provider' | 'timeout' | 'scope' | 'limit';
  /** True only when the provider certainly charges nothing: no byte was written, or an error status says so. */
  isFree: boolean;
  /** Service tier reported by the reply. */
  serviceTier: string | undefined;
  latencyMs: number;
  /** From the request to the first event of the stream. */
  firstEventMs: number | undefined;
}

export interface Bill extends Pick<EndCallRequest, 'status' | 'usage'> {
  /** Why the amount differs from the provider's report. */
  limitation?: CallLimitation;
}

/**
 * Computes what a request is billed (docs/adr/0020-what-is-free.md).
 *
 * - Free (`failed`, `aborted`): only when the provider provably charges nothing.
 * - `uncertain`, at the reservation's worst case: the request may have been served, but the reply is incomplete. The
 *   progress of the model, including hidden reasoning, is unknown.
 * - `ok`: a complete reply whose final usage agrees with the local count to within 20 %. Otherwise `estimated`, at the
 *   higher of both counts.
 *
 * @param local local count of the prompt and the text, and the maximum that the request allows
 */
export function billResponse(response: ProviderResponse, local: LocalCount): Bill {
  const worst: Usage = { ...NO_USAGE, uncachedInput: local.maxPromptTokens, output: local.maxOutputTokens };
  const reported = response.usage && clampUsage(response.usage, local, REPLY_LIMIT_MULTIPLE);

  if (response.endedBy === 'limit') {
    return { status: 'estimated', usage: atLeast(worst, reported?.usage, local), limitation: 'REPLY_CUT' };
  }
  if (response.finish === undefined) {
    if (response.isFree) return { status: response.endedBy === 'scope' ? 'aborted' : 'failed', usage: NO_USAGE };
    return { status: 'uncertain', usage: atLeast(worst, reported?.usage, local), limitation: 'REPLY_BROKEN_OFF' };
  }
  const reconciled = reconcileUsage(reported?.usage, local, {
    isFinal: response.isUsageFinal,
    isRefusal: response.finish === 'refusal',
  });
  if (reported?.isClamped === true) {
    return { status: 'estimated', usage: reconciled.usage, limitation: 'USAGE_CLAMPED' };
  }
  const { limitation } = reconciled;
  return limitation === undefined
    ? { status: 'ok', usage: reconciled.usage }
    : { status: 'estimated', usage: reconciled.usage, limitation };
}

/** The worst case, or the reported or received amount if that is higher. */
function atLeast(worst: Usage, reported: Usage | undefined, local: LocalCount): Usage {
  const prompt =
    reported && reported.uncachedInput + reported.cacheRead + reported.cacheWrite5m + reported.cacheWrite1h;
  return {
    ...worst,
    uncachedInput: Math.max(worst.uncachedInput, prompt ?? 0),
    output: Math.max(worst.output, reported?.output ?? 0, local.textTokens.likely),
  };
}
