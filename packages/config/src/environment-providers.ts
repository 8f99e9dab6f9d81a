import type { ProviderConfig } from '@pressroom/llm/config';

import type { Variables } from './variables.ts';

/** The SDKs require a key; servers without authentication ignore it. */
const NO_KEY = 'none';

/**
 * Providers from environment variables, which have the same meaning as in the SDKs; a base URL without a key is a server
 * without authentication. Without any provider variable, the simulator is used. Pure.
 */
export function environmentProviders(env: Variables): ProviderConfig[] {
  const providers: ProviderConfig[] = [];
  if (env.OPENAI_API_KEY ?? env.OPENAI_BASE_URL) {
    providers.push({
      kind: 'openai',
      name: 'openai',
      apiKey: env.OPENAI_API_KEY?.reveal() ?? NO_KEY,
      ...(env.OPENAI_BASE_URL !== undefined && { baseURL: env.OPENAI_BASE_URL }),
      simulated: false,
    });
  }
  if (env.ANTHROPIC_API_KEY ?? env.ANTHROPIC_BASE_URL) {
    providers.push({
      kind: 'anthropic',
      name: 'anthropic',
      apiKey: env.ANTHROPIC_API_KEY?.reveal() ?? NO_KEY,
      ...(env.ANTHROPIC_BASE_URL !== undefined && { baseURL: env.ANTHROPIC_BASE_URL }),
      simulated: false,
    });
  }
  const simulator = env.PRESSROOM_SIMULATOR_URL;
  if (providers.length > 0 || simulator === undefined) return providers;
  const base = simulator.replace(/(?<!\/)\/+$/, '');
  return [
    { kind: 'openai', name: 'openai', apiKey: NO_KEY, baseURL: `${base}/v1`, simulated: true },
    { kind: 'anthropic', name: 'anthropic', apiKey: NO_KEY, baseURL: base, simulated: true },
  ];
}
