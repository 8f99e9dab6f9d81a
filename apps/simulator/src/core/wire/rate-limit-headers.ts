import type { Vendor } from '../models/model-table.ts';

export interface LimitState {
  limit: number;
  remaining: number;
  /** Milliseconds until the limit is fully restored. */
  resetMs: number;
}

export interface RateLimitState {
  requests: LimitState;
  tokens: LimitState;
}

/** Rate-limit headers of each vendor: OpenAI sends durations, Anthropic timestamps. */
export function rateLimitHeaders(vendor: Vendor, state: RateLimitState, nowMs: number): Record<string, string> {
  const entries = Object.entries(state) as [keyof RateLimitState, LimitState][];
  if (vendor === 'openai') {
    return Object.fromEntries(
      entries.flatMap(([name, { limit, remaining, resetMs }]) => [
        [`x-ratelimit-limit-${name}`, String(limit)],
        [`x-ratelimit-remaining-${name}`, String(Math.max(0, Math.floor(remaining)))],
        [`x-ratelimit-reset-${name}`, formatDuration(resetMs)],
      ]),
    );
  }
  const row = (name: string, { limit, remaining, resetMs }: LimitState): [string, string][] => [
    [`anthropic-ratelimit-${name}-limit`, String(limit)],
    [`anthropic-ratelimit-${name}-remaining`, String(Math.max(0, Math.floor(remaining)))],
    [`anthropic-ratelimit-${name}-reset`, new Date(nowMs + resetMs).toISOString().replace(/\.\d+Z$/, 'Z')],
  ];
  return Object.fromEntries([
    ...row('requests', state.requests),
    ...row('tokens', state.tokens),
    // The simulator has one limit for both directions; the vendor has two.
    ...row('input-tokens', state.tokens),
    ...row('output-tokens', state.tokens),
  ]);
}

/** `retry-after` in whole seconds, rounded up, and in milliseconds for clients that support it. */
export function retryAfterHeaders(retryAfterMs: number | undefined): Record<string, string> {
  return retryAfterMs === undefined
    ? {}
    : { 'retry-after': String(Math.ceil(retryAfterMs / 1_000)), 'retry-after-ms': String(Math.ceil(retryAfterMs)) };
}

function formatDuration(ms: number): string {
  if (ms < 1_000) return `${Math.ceil(ms)}ms`;
  const seconds = Math.ceil(ms / 1_000);
  const minutes = Math.floor(seconds / 60);
  return minutes > 0 ? `${minutes}m${seconds % 60}s` : `${seconds}s`;
}
