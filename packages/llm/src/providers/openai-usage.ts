import { z } from 'zod';
import type { Usage } from '../ports.ts';

const count = z.int().nonnegative();
const optional = count.nullish().transform((value) => value ?? 0);

const Reported = z.object({
  prompt_tokens: count,
  completion_tokens: count,
  total_tokens: optional,
  prompt_tokens_details: z.object({ cached_tokens: optional, cache_write_tokens: optional }).nullish(),
  completion_tokens_details: z.object({ reasoning_tokens: optional }).nullish(),
});

/**
 * Usage as OpenAI reports it: prompt tokens include what was read from and written to the cache, completion tokens
 * include reasoning. Some compatible servers leave reasoning out of the completion; their total gives it away.
 *
 * @returns `undefined` when nothing usable was reported
 */
export function readOpenAiUsage(reported: unknown): Usage | undefined {
  const parsed = Reported.safeParse(reported);
  if (!parsed.success) return undefined;
  const { prompt_tokens: prompt, completion_tokens: completion, total_tokens: total } = parsed.data;
  const cacheRead = Math.min(prompt, parsed.data.prompt_tokens_details?.cached_tokens ?? 0);
  const cacheWrite = Math.min(prompt - cacheRead, parsed.data.prompt_tokens_details?.cache_write_tokens ?? 0);
  const output = Math.max(completion, total - prompt);
  return {
    uncachedInput: prompt - cacheRead - cacheWrite,
    cacheRead,
    cacheWrite5m: cacheWrite,
    cacheWrite1h: 0,
    output,
    reasoning: Math.min(output, parsed.data.completion_tokens_details?.reasoning_tokens ?? 0),
  };
}
