import type { ProviderConfig } from '@pressroom/llm/config';

import type { Variables } from './variables.ts';

/** The SDKs insist on a key; servers that ask for none ignore it. */
const NO_KEY = 'none';

/**
 * Keys and addresses with the SDKs' own meaning; a base URL without a key is a server that asks for none. The simulator
 * stands in where no variable names a provider. Pure.
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
