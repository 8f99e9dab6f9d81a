import { type LlmConfig, ProviderConfig } from '@pressroom/llm';
import { startSimulator, type SimulatorOptions } from '@pressroom/simulator';

export interface RunningProviders {
  providers: LlmConfig['providers'];
  /** The provider is the offline simulator; the tables state this. */
  isSimulated: boolean;
  close(): Promise<void>;
}

/** The providers with a key in the environment; without one, or on request, the offline simulator for both vendors. */
export async function startProviders(
  env: Readonly<Record<string, string | undefined>>,
  options: { alwaysSimulated: boolean; simulator?: SimulatorOptions },
): Promise<RunningProviders> {
  const keys = { openai: env['OPENAI_API_KEY'], anthropic: env['ANTHROPIC_API_KEY'] };
  if (!options.alwaysSimulated && (keys.openai ?? keys.anthropic) !== undefined) {
    const baseUrls = { openai: env['OPENAI_BASE_URL'], anthropic: env['ANTHROPIC_BASE_URL'] };
    const providers = (['openai', 'anthropic'] as const)
      .filter((kind) => keys[kind] !== undefined)
      .map((kind) =>
        ProviderConfig.parse({
          kind,
          apiKey: keys[kind],
          ...(baseUrls[kind] !== undefined && { baseURL: baseUrls[kind] }),
        }),
      );
    return { providers, isSimulated: false, close: () => Promise.resolve() };
  }
  const simulator = await startSimulator(options.simulator);
  const common = { apiKey: 'simulated', simulated: true };
  return {
    providers: [
      ProviderConfig.parse({ kind: 'openai', ...common, baseURL: `${simulator.url}/v1` }),
      ProviderConfig.parse({ kind: 'anthropic', ...common, baseURL: simulator.url }),
    ],
    isSimulated: true,
    close: () => simulator.close(),
  };
}
