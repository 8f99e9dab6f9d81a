import { catalogFromConfig, createGateway, createProviders, LlmConfig, type Gateway } from '@pressroom/llm';
import { seededRandom, silentLogger, systemClock, type Logger } from '@pressroom/runtime';
import { startSimulator, type Simulator, type SimulatorOptions } from '@pressroom/simulator';
import { createInMemoryGatewayStore, type InMemoryGatewayStore } from '@pressroom/testkit';

export interface SimulatedGateway {
  gateway: Gateway;
  simulator: Simulator;
  store: InMemoryGatewayStore;
  close(): Promise<void>;
}

/** The real gateway with both vendors' SDKs and a separate simulator. */
export async function openSimulatedGateway(
  options: { simulator?: SimulatorOptions; log?: Logger } = {},
): Promise<SimulatedGateway> {
  const simulator = await startSimulator(options.simulator);
  const common = { apiKey: 'canary-provider-key-55e1', simulated: true };
  const config = LlmConfig.parse({
    providers: [
      { kind: 'openai', ...common, baseURL: `${simulator.url}/v1` },
      { kind: 'anthropic', ...common, baseURL: simulator.url },
    ],
  });
  const store = createInMemoryGatewayStore();
  const gateway = createGateway({
    catalog: catalogFromConfig(config),
    providers: createProviders(config.providers, { clock: systemClock }),
    store: store,
    clock: systemClock,
    random: seededRandom(7),
    log: options.log ?? silentLogger(),
  });
  return {
    gateway,
    simulator,
    store,
    async close() {
      gateway.close();
      await simulator.close();
    },
  };
}
