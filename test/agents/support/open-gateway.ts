import { catalogFromConfig, createGateway, createProviders, LlmConfig, type Gateway } from '@pressroom/llm';
import { seededRandom, silentLogger, systemClock, type Logger } from '@pressroom/runtime';
import { startSimulator, type Simulator, type SimulatorOptions } from '@pressroom/simulator';
import { createOpenBooks, type OpenBooks } from '@pressroom/testkit';

export interface SimulatedGateway {
  gateway: Gateway;
  simulator: Simulator;
  books: OpenBooks;
  close(): Promise<void>;
}

/** The real gateway over both vendors' SDKs to a simulator of its own. */
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
  const books = createOpenBooks();
  const gateway = createGateway({
    catalog: catalogFromConfig(config),
    providers: createProviders(config.providers, { clock: systemClock }),
    store: books,
    clock: systemClock,
    random: seededRandom(7),
    log: options.log ?? silentLogger(),
  });
  return {
    gateway,
    simulator,
    books,
    async close() {
      gateway.close();
      await simulator.close();
    },
  };
}
