import type { EndCallRequest, Usage } from '../../ports.ts';

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
  /** Who ended it: the provider (also by failing), our timeouts, or the attempt's own signal. */
  endedBy: 'provider' | 'timeout' | 'scope';
  /** False when the attempt was over before the request could be made. */
  wasMade: boolean;
  latencyMs: number;
  /** From the request to the first event of the stream. */
  firstEventMs: number | undefined;
}

export type Bill = Pick<EndCallRequest, 'status' | 'usage'>;

/**
 * What a request is billed by. Providers charge for the prompt and for what was generated until a stream broke, and then
 * often report nothing: what they did report is taken, the rest is counted, and the entry says that it is an estimate.
 * A request that the provider failed before anything came back is taken as free, as providers do; one that we gave up
 * waiting for has most likely been read, so its prompt counts.
 *
 * @param estimate.promptTokens likely prompt tokens, for when the provider reported none
 * @param estimate.countText tokens of the text that came, in the model's own tokenizer
 */
export function billExchange(
  exchange: Exchange,
  estimate: { promptTokens: number; countText: (text: string) => number },
): Bill {
  const { usage, text, finish } = exchange;
  if (finish !== undefined && usage && exchange.isUsageFinal) return { status: 'ok', usage };

  const interrupted = exchange.endedBy === 'provider' ? 'estimated' : 'aborted';
  if (!exchange.wasMade) return { status: 'aborted', usage: NO_USAGE };
  if (interrupted === 'estimated' && usage === undefined && text === '' && finish === undefined) {
    return { status: 'failed', usage: NO_USAGE };
  }
  const known = usage ?? { ...NO_USAGE, uncachedInput: estimate.promptTokens };
  const output = Math.max(known.output, text === '' ? 0 : estimate.countText(text));
  return { status: finish === undefined ? interrupted : 'estimated', usage: { ...known, output } };
}
