import type { ProviderError } from '../errors.ts';
import type { ProviderLimits } from '../pacing/core/divide-limit.ts';
import type { Usage } from '../ports.ts';
import type { Provider, ProviderEvent, ProviderRequest } from '../provider.ts';
import { countTokens } from '../tokens/count-tokens.ts';

/** Behaviour of a fake provider for one request. */
export interface Turn {
  /** Text streamed before anything else; one event per character group. */
  text?: string;
  /** Usage reported at the end; `null` reports none. Default: the tokens of prompt and text. */
  usage?: Usage | null;
  /** Usage reported before the first text. */
  earlyUsage?: Usage;
  /** Reported service tier. */
  serviceTier?: string;
  /** Limits in its headers. */
  limits?: ProviderLimits;
  /** How the reply ends; default `stop`. */
  end?: 'stop' | 'length' | 'refusal' | 'cut' | 'hang' | ProviderError;
}

export interface FakeProvider extends Provider {
  /** Requests so far, oldest first, with their turns. */
  readonly requests: ProviderRequest[];
  /** Appends turns for further requests; without one, the reply is `ok`. */
  plan(...turns: (Turn | string)[]): void;
  /** Resolves once this many requests have been made. */
  untilRequests(count: number): Promise<void>;
}

/** A scripted provider with the same contract as the real ones. */
export function createFakeProvider(name: string, options: { simulated?: boolean } = {}): FakeProvider {
  const turns: Turn[] = [];
  const requests: ProviderRequest[] = [];
  const watchers = new Set<() => void>();

  async function* stream(request: ProviderRequest): AsyncGenerator<ProviderEvent> {
    requests.push(request);
    for (const look of watchers) look();
    const turn = turns.shift() ?? { text: 'ok' };
    const text = turn.text ?? '';
    request.signal.throwIfAborted();
    await Promise.resolve();

    if (turn.limits) yield { type: 'limits', limits: turn.limits };
    if (turn.serviceTier !== undefined) yield { type: 'service_tier', serviceTier: turn.serviceTier };
    if (turn.earlyUsage) yield { type: 'usage', usage: turn.earlyUsage, final: false };
    for (const delta of text.match(/[\s\S]{1,8}/g) ?? []) {
      request.signal.throwIfAborted();
      yield { type: 'text', delta };
    }
    const end = turn.end ?? 'stop';
    if (end === 'hang') await untilAborted(request.signal);
    if (end === 'cut') return;
    if (typeof end !== 'string') throw end;
    yield { type: 'finish', finish: end as 'stop' | 'length' | 'refusal' };
    if (turn.usage !== null)
      yield { type: 'usage', usage: turn.usage ?? usageOf(request.promptTokens, countTokens(text)), final: true };
  }

  return {
    name,
    simulated: options.simulated ?? false,
    stream,
    requests,
    plan: (...next) => {
      turns.push(...next.map((turn) => (typeof turn === 'string' ? { text: turn } : turn)));
    },
    untilRequests: (count) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (requests.length < count) return;
          watchers.delete(look);
          resolve();
        };
        watchers.add(look);
        look();
      }),
  };
}

export const usageOf = (uncachedInput: number, output: number): Usage => ({
  uncachedInput,
  cacheRead: 0,
  cacheWrite5m: 0,
  cacheWrite1h: 0,
  output,
  reasoning: 0,
});

async function untilAborted(signal: AbortSignal): Promise<never> {
  signal.throwIfAborted();
  return await new Promise((_, reject) => {
    signal.addEventListener(
      'abort',
      () => {
        reject(signal.reason as Error);
      },
      { once: true },
    );
  });
}
