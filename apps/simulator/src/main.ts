import { announceReady, createLogger, readOrCreateSecretFile, watchParent } from '@pressroom/runtime';
import { parseConfig, seedName } from './config.ts';
import { DEFAULT_RATE_LIMITS, startSimulator } from './simulator.ts';

const parsed = parseConfig(process.env);
if (!parsed.ok) {
  createLogger({ name: 'simulator' }).fatal({ problems: parsed.problems }, 'simulator.config_invalid');
  process.exit(1);
}
const { config } = parsed;
const log = createLogger({ name: 'simulator', level: config.logLevel });
// No state outlives the process, so it exits immediately.
const end = (): never => process.exit(0);
process.once('SIGTERM', end);
process.once('SIGINT', end);
watchParent(end);

try {
  const simulator = await startSimulator({
    host: config.host,
    port: config.port,
    controlPort: config.controlPort,
    controlToken: config.controlToken ?? readOrCreateSecretFile(config.controlTokenFile),
    seed: config.seed,
    latencyScale: config.latencyScale,
    gullible: config.gullible,
    batchWorkMs: config.batchWorkMs,
    ...(config.replay && { replay: config.replay }),
    tierRules: config.tierRules,
    models: config.models,
    rateLimits: {
      requestsPerMinute: config.requestsPerMinute ?? DEFAULT_RATE_LIMITS.requestsPerMinute,
      tokensPerMinute: config.tokensPerMinute ?? DEFAULT_RATE_LIMITS.tokensPerMinute,
    },
    log,
  });
  const address = { url: simulator.url, controlUrl: simulator.controlUrl };
  // The full base URLs: without the vendor's path, requests return 404.
  const variables = {
    PRESSROOM_SIMULATOR_URL: simulator.url,
    OPENAI_BASE_URL: `${simulator.url}/v1`,
    ANTHROPIC_BASE_URL: simulator.url,
  };
  log.info(
    { ...address, variables, seed: seedName(config.seed), latencyScale: config.latencyScale },
    'simulator.ready',
  );
  announceReady(address);
} catch (error) {
  log.fatal({ err: error }, 'simulator.start_failed');
  process.exit(1);
}
