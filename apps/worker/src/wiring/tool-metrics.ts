import type { Metrics } from '@pressroom/runtime';

/** Exports searches of research tools to Prometheus; the provider label is the tool's configured name. */
export function createToolMetrics(metrics: Metrics) {
  const searches = metrics.counter('tool_searches_total', 'Searches of research tools', ['provider', 'outcome']);
  const seconds = metrics.histogram('tool_search_seconds', 'Duration of research tools’ searches', ['provider']);
  return ({ tool, outcome, durationMs }: { tool: string; outcome: string; durationMs: number }): void => {
    searches.inc({ provider: tool, outcome });
    seconds.observe({ provider: tool }, durationMs / 1_000);
  };
}
