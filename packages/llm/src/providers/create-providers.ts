import type { Clock } from '@pressroom/runtime';
import type { Provider } from '../provider.ts';
import type { ProviderConfig } from '../settings/llm-config.ts';
import { createAnthropicProvider } from './anthropic.http.ts';
import { createOpenAiProvider } from './openai.http.ts';

/** Creates the configured providers. Opens no connection. */
export function createProviders(
  configs: readonly ProviderConfig[],
  deps: { clock: Clock; fetch?: typeof globalThis.fetch },
): Provider[] {
  return configs.map((config) => {
    const { name, apiKey, baseURL, simulated } = config;
    switch (config.kind) {
      case 'openai':
        return createOpenAiProvider({ name, apiKey, baseURL, simulated, dialect: 'openai', ...deps });
      case 'anthropic':
        return createAnthropicProvider({ name, apiKey: config.apiKey, baseURL, simulated, ...deps });
      case 'openai-compatible':
        return createOpenAiProvider({ name, apiKey, baseURL, simulated, dialect: 'compatible', ...deps });
    }
  });
}
