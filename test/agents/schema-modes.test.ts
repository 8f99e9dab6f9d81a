import { catalogFromConfig, createGateway, createProviders, LlmConfig, type Gateway } from '@pressroom/llm';
import { seededRandom, silentLogger, systemClock } from '@pressroom/runtime';
import { addedModel, NO_DEFECTS, startSimulator, type Simulator } from '@pressroom/simulator';
import { aScope, createInMemoryGatewayStore } from '@pressroom/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { aCallFor, REPLY_SCHEMAS } from './support/reply-schemas.ts';

const LOCAL = {
  id: 'local-llama',
  contextTokens: 100_000,
  maxOutputTokens: 16_000,
  schemaMode: 'prompt',
  prices: { input: 0, output: 0 },
};

let simulator: Simulator;
const gateways: Gateway[] = [];
beforeAll(async () => {
  simulator = await startSimulator({ defects: NO_DEFECTS, models: [addedModel(LOCAL.id, 'openai')] });
});
afterAll(async () => {
  for (const gateway of gateways) gateway.close();
  await simulator.close();
});

/** A gateway with one provider, so that no other one can reply. */
function openGateway(kind: 'openai' | 'anthropic' | 'openai-compatible'): Gateway {
  const common = { apiKey: 'k', simulated: true };
  const provider = {
    openai: { kind, ...common, baseURL: `${simulator.url}/v1` },
    anthropic: { kind, ...common, baseURL: simulator.url },
    'openai-compatible': { kind, name: 'local', ...common, baseURL: `${simulator.url}/v1`, models: [LOCAL] },
  }[kind];
  const tiers = kind === 'openai-compatible' ? { T1: [LOCAL.id], T2: [LOCAL.id], T3: [LOCAL.id] } : {};
  const config = LlmConfig.parse({ providers: [provider], tiers });
  const gateway = createGateway({
    catalog: catalogFromConfig(config),
    providers: createProviders(config.providers, { clock: systemClock }),
    store: createInMemoryGatewayStore(),
    clock: systemClock,
    random: seededRandom(1),
    log: silentLogger(),
  });
  gateways.push(gateway);
  return gateway;
}

describe.each([
  { mode: 'OpenAI’s strict JSON Schema', kind: 'openai' as const },
  { mode: 'Anthropic’s output format', kind: 'anthropic' as const },
  { mode: 'a schema described in words', kind: 'openai-compatible' as const },
])('in $mode', ({ kind }) => {
  it.each(Object.keys(REPLY_SCHEMAS))('%s is returned completely by the first request', async (name) => {
    const before = simulator.calls().length;
    const { value } = await openGateway(kind).bind(aScope('write', 'balanced')).call(aCallFor(name));
    expect(REPLY_SCHEMAS[name]?.safeParse(value).success).toBe(true);
    expect(simulator.calls().slice(before)).toMatchObject([{ outcome: 'ok', purpose: name }]);
  });
});
