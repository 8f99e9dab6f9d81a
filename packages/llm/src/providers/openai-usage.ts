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
  /** Cache-read fields of DeepSeek and Moonshot, and Anthropic's as passed on by proxies. */
  prompt_cache_hit_tokens: optional,
  cached_tokens: optional,
  cache_read_input_tokens: optional,
  cache_creation_input_tokens: optional,
});

/**
 * Reads usage reported by OpenAI: prompt tokens include cache reads and writes, completion tokens include reasoning. Some
 * compatible servers exclude reasoning from the completion, which their total reveals. Some proxies exclude cached tokens
 * from the prompt: then the cached part exceeds the prompt, the total includes it, or the local count reveals it.
 *
 * @param promptTokens local count of the prompt
 * @returns `undefined` when no usable counts were reported
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
  const parts = isOutside
    ? outside
    : chooseReading(promptTokens, [withCacheInPrompt(outside), withReadInPrompt(outside), outside]);
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

/** OpenAI: cache reads and writes are part of the prompt. */
function withCacheInPrompt({ uncachedInput: prompt, ...cached }: PromptParts): PromptParts {
  const cacheRead = Math.min(prompt, cached.cacheRead);
  const cacheWrite = Math.min(prompt - cacheRead, cached.cacheWrite);
  return { uncachedInput: prompt - cacheRead - cacheWrite, cacheRead, cacheWrite };
}

/** OpenRouter: cache reads are part of the prompt, cache writes are not. */
function withReadInPrompt({ uncachedInput: prompt, ...cached }: PromptParts): PromptParts {
  const cacheRead = Math.min(prompt, cached.cacheRead);
  return { uncachedInput: prompt - cacheRead, cacheRead, cacheWrite: cached.cacheWrite };
}
