import type { GatewayMetrics } from '@pressroom/llm';
import type { Metrics } from '@pressroom/runtime';

/** Exports the gateway's metrics to Prometheus. */
export function createGatewayMetrics(metrics: Metrics): GatewayMetrics {
  const calls = metrics.counter('llm_calls_total', 'Provider calls by outcome', [
    'provider',
    'model',
    'purpose',
    'tier',
    'status',
  ]);
  const avoided = metrics.counter('llm_calls_avoided_total', 'Calls answered without a provider', [
    'purpose',
    'tier',
    'cache',
  ]);
  const cost = metrics.counter('llm_cost_usd_total', 'Dollars paid', ['provider', 'model', 'tier']);
  const tokens = metrics.counter('llm_tokens_total', 'Tokens by direction', ['provider', 'model', 'direction']);
  const seconds = metrics.histogram('llm_call_seconds', 'Duration of provider calls', ['provider', 'model']);
  const paced = metrics.histogram('llm_pacing_seconds', 'Wait for capacity within a provider’s rate limits', [
    'provider',
    'model',
    'lane',
  ]);
  const open = metrics.gauge('llm_breaker_open', 'Whether the breaker of a model is open', ['provider', 'model']);
  return {
    callEnded({ provider, model, purpose, tier, status, latencyMs, inputTokens, outputTokens, costNanoUsd }) {
      calls.inc({ provider, model, purpose, tier, status });
      cost.inc({ provider, model, tier }, Number(costNanoUsd) / 1e9);
      tokens.inc({ provider, model, direction: 'input' }, inputTokens);
      tokens.inc({ provider, model, direction: 'output' }, outputTokens);
      seconds.observe({ provider, model }, latencyMs / 1_000);
    },
    replyReused(labels) {
      avoided.inc(labels);
    },
    callPaced({ provider, model, lane, waitedMs }) {
      paced.observe({ provider, model, lane }, waitedMs / 1_000);
    },
    breakerChanged({ provider, model, state }) {
      open.set({ provider, model }, state === 'open' ? 1 : 0);
    },
  };
}
