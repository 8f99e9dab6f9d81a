import { z } from 'zod';
import type { Usage } from '../ports.ts';
import { chooseReading } from './choose-reading.ts';

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
 * Reads usage reported by Anthropic: input tokens exclude cache reads and writes, output tokens include thinking. The start
 * of a stream carries the prompt's counts, its end cumulative counts with nullable fields. Compatible servers report the
 * prompt at either end and 0 at the other, and some include the cache in their input.
 *
 * @param reports usage objects in order; counts are cumulative, so the largest is used
 * @param promptTokens local count of the prompt
 * @returns `undefined` when no usable counts were reported
 */
export function readAnthropicUsage(reports: readonly unknown[], promptTokens: number): Usage | undefined {
  const parsed = reports.map((report) => Reported.safeParse(report).data).filter((report) => report !== undefined);
  const largest = (read: (report: z.output<typeof Reported>) => number | null | undefined): number | undefined => {
    const counts = parsed.map(read).filter((value) => value !== null && value !== undefined);
    return counts.length === 0 ? undefined : Math.max(...counts);
  };

  const input = largest((report) => report.input_tokens);
  if (input === undefined) return undefined;
  const written = largest((report) => report.cache_creation_input_tokens);
  const cacheWrite1h = largest((report) => report.cache_creation?.ephemeral_1h_input_tokens) ?? 0;
  const split5m = largest((report) => report.cache_creation?.ephemeral_5m_input_tokens) ?? 0;
  const output = largest((report) => report.output_tokens) ?? 0;
  const cacheRead = largest((report) => report.cache_read_input_tokens) ?? 0;
  // The total has priority; a write without a lifetime has the default of five minutes.
  const cacheWrite5m = written === undefined ? split5m : Math.max(0, written - cacheWrite1h);
  const cached = { cacheRead, cacheWrite: cacheWrite5m + cacheWrite1h };
  const inside = input - cached.cacheRead - cached.cacheWrite;
  const { uncachedInput } = chooseReading(promptTokens, [
    { uncachedInput: input, ...cached },
    ...(inside < 0 ? [] : [{ uncachedInput: inside, ...cached }]),
  ]);
  return {
    uncachedInput,
    cacheRead,
    cacheWrite5m,
    cacheWrite1h,
    output,
    reasoning: Math.min(output, largest((report) => report.output_tokens_details?.thinking_tokens) ?? 0),
  };
}

/** Whether a report contains the output count. */
export const hasOutputCount = (report: unknown): boolean =>
  typeof Reported.safeParse(report).data?.output_tokens === 'number';
