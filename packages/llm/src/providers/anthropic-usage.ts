import { z } from 'zod';
import type { Usage } from '../ports.ts';

const count = z.int().nonnegative();
const optional = count.nullish();

const Reported = z.object({
  input_tokens: optional,
  output_tokens: optional,
  cache_read_input_tokens: optional,
  cache_creation_input_tokens: optional,
  cache_creation: z.object({ ephemeral_5m_input_tokens: optional, ephemeral_1h_input_tokens: optional }).nullish(),
  output_tokens_details: z.object({ thinking_tokens: optional }).nullish(),
});

/**
 * Usage as Anthropic reports it: input tokens exclude what was read from and written to the cache, output tokens include
 * thinking. The start of a stream carries the prompt's part, its end cumulative counts in which fields may be null.
 *
 * @param reports usage objects in the order in which they came; a later count replaces an earlier one
 * @returns `undefined` when nothing usable was reported
 */
export function readAnthropicUsage(...reports: readonly unknown[]): Usage | undefined {
  const parsed = reports.map((report) => Reported.safeParse(report).data).filter((report) => report !== undefined);
  const latest = (read: (report: z.output<typeof Reported>) => number | null | undefined): number | undefined =>
    parsed.map(read).findLast((value) => value !== null && value !== undefined) ?? undefined;

  const input = latest((report) => report.input_tokens);
  if (input === undefined) return undefined;
  const written = latest((report) => report.cache_creation_input_tokens);
  const cacheWrite1h = latest((report) => report.cache_creation?.ephemeral_1h_input_tokens) ?? 0;
  const split5m = latest((report) => report.cache_creation?.ephemeral_5m_input_tokens) ?? 0;
  const output = latest((report) => report.output_tokens) ?? 0;
  return {
    uncachedInput: input,
    cacheRead: latest((report) => report.cache_read_input_tokens) ?? 0,
    // The total leads; a write whose lifetime is not reported has the default one, five minutes.
    cacheWrite5m: written === undefined ? split5m : Math.max(0, written - cacheWrite1h),
    cacheWrite1h,
    output,
    reasoning: Math.min(output, latest((report) => report.output_tokens_details?.thinking_tokens) ?? 0),
  };
}
