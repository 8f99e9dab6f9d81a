import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { SimulatorVariables } from '@pressroom/config';
import { checkConfig, type Secret } from '@pressroom/runtime';
import { CONTROL_TOKEN_FILE } from './control/control-token.ts';
import type { ReplayOptions } from './replay/replay.ts';
import { addedModel, type SimulatedModel } from './core/models/model-table.ts';
import type { TierRule } from './core/models/tier-of-model.ts';

export interface Config {
  host: string;
  port: number;
  controlPort: number;
  controlToken: Secret | undefined;
  /** Path of the token file, created on first use, when the environment has no token. */
  controlTokenFile: string;
  seed: string;
  latencyScale: number;
  gullible: boolean;
  batchWorkMs: number;
  replay: ReplayOptions | undefined;
  tierRules: readonly TierRule[];
  models: readonly SimulatedModel[];
  requestsPerMinute: number | undefined;
  tokensPerMinute: number | undefined;
  logLevel: string;
}

export type ConfigResult = { ok: true; config: Config } | { ok: false; problems: readonly string[] };

/** Parses the environment and reports all problems. Empty values count as absent. */
export function parseConfig(env: Readonly<Record<string, string | undefined>>): ConfigResult {
  const parsed = checkConfig(SimulatorVariables, env);
  if (!parsed.ok) return { ok: false, problems: parsed.problems.map(({ path, message }) => `${path}: ${message}`) };
  const values = parsed.data;
  return {
    ok: true,
    config: {
      host: values.PRESSROOM_SIMULATOR_HOST,
      port: values.PRESSROOM_SIMULATOR_PORT,
      controlPort: values.PRESSROOM_SIMULATOR_CONTROL_PORT,
      controlToken: values.PRESSROOM_SIMULATOR_CONTROL_TOKEN,
      controlTokenFile: join(values.PRESSROOM_HOME, CONTROL_TOKEN_FILE),
      seed: values.SIMULATOR_SEED,
      latencyScale: values.SIMULATOR_LATENCY_SCALE,
      replay:
        values.SIMULATOR_REPLAY === undefined
          ? undefined
          : {
              path: values.SIMULATOR_REPLAY,
              onMiss: values.SIMULATOR_REPLAY_MISS,
              ...(values.SIMULATOR_REPLAY_UPSTREAM !== undefined && { upstream: values.SIMULATOR_REPLAY_UPSTREAM }),
            },
      batchWorkMs: values.SIMULATOR_BATCH_MS,
      gullible: values.SIMULATOR_GULLIBLE === 'true',
      tierRules: [...values.SIMULATOR_MODELS, ...values.SIMULATOR_TIERS].map(({ name, tier }) => ({
        word: name,
        tier,
      })),
      models: values.SIMULATOR_MODELS.flatMap(({ name }) => [
        addedModel(name, 'openai'),
        addedModel(name, 'anthropic'),
      ]),
      requestsPerMinute: values.SIMULATOR_REQUESTS_PER_MINUTE,
      tokensPerMinute: values.SIMULATOR_TOKENS_PER_MINUTE,
      logLevel: values.LOG_LEVEL,
    },
  };
}

/** A short name of a seed for logs, which shows whether two runs used the same. */
export const seedName = (seed: string): string => createHash('sha256').update(seed).digest('hex').slice(0, 8);
