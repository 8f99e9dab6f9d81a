import { z } from 'zod';
import type { Usage } from '../ports.ts';
import { chooseReading, type PromptParts } from './choose-reading.ts';

const count = z.int().nonnegative();
const optional = count.nullish().transform((value) => value ?? 0);

const Reported = z.object({
  prompt_tokens: count,
  completion_tokens: count,
  total_tokens: optional,
  prompt_tokens_details: z.object({ cached_tokens: optional, cache_write_tokens: optional }).nullish(),
  completion_tokens_details: z.object({ reasoning_tokens: optional }).nullish(),
  /** DeepSeek's and Moonshot's words for a cache read, and Anthropic's as proxies pass them on. */
  prompt_cache_hit_tokens: optional,
  cached_tokens: optional,
  cache_read_input_tokens: optional,
  cache_creation_input_tokens: optional,
});

/**
 * Usage as OpenAI reports it: prompt tokens include what was read from and written to the cache, completion tokens
 * include reasoning. Some compatible servers leave reasoning out of the completion; their total gives it away. Some
 * proxies leave cached tokens out of the prompt; then the cached part exceeds the prompt, the total adds up only with it,
 * or our own count says so.
 *
 * @param promptTokens our own count of the prompt
 * @returns `undefined` when nothing usable was reported
 */
export function readOpenAiUsage(reported: unknown, promptTokens: number): Usage | undefined {
  const parsed = Reported.safeParse(reported);
  if (!parsed.success) return undefined;
  const { prompt_tokens: prompt, completion_tokens: completion, total_tokens: total, ...details } = parsed.data;
  const cacheRead =
    details.prompt_tokens_details?.cached_tokens ||
    details.prompt_cache_hit_tokens ||
    details.cached_tokens ||
    details.cache_read_input_tokens;
  const cacheWrite = details.prompt_tokens_details?.cache_write_tokens || details.cache_creation_input_tokens;
  const isOutside =
    total === prompt + cacheRead + cacheWrite + completion || (total === 0 && cacheRead + cacheWrite > prompt);
  const outside = { uncachedInput: prompt, cacheRead, cacheWrite };
  const parts = isOutside ? outside : chooseReading(promptTokens, [insideOf(outside), readInsideOf(outside), outside]);
  const output = isOutside ? completion : Math.max(completion, total - prompt);
  return {
    uncachedInput: parts.uncachedInput,
    cacheRead: parts.cacheRead,
    cacheWrite5m: parts.cacheWrite,
    cacheWrite1h: 0,
    output,
    reasoning: Math.min(output, details.completion_tokens_details?.reasoning_tokens ?? 0),
  };
}

/** OpenAI's way: everything cached is part of the prompt. */
function insideOf({ uncachedInput: prompt, ...cached }: PromptParts): PromptParts {
  const cacheRead = Math.min(prompt, cached.cacheRead);
  const cacheWrite = Math.min(prompt - cacheRead, cached.cacheWrite);
  return { uncachedInput: prompt - cacheRead - cacheWrite, cacheRead, cacheWrite };
}

/** OpenRouter's way: what was read is part of the prompt, what was written is not. */
function readInsideOf({ uncachedInput: prompt, ...cached }: PromptParts): PromptParts {
  const cacheRead = Math.min(prompt, cached.cacheRead);
  return { uncachedInput: prompt - cacheRead, cacheRead, cacheWrite: cached.cacheWrite };
}
