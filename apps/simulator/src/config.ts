import { createHash } from 'node:crypto';
import type { Tier } from '@pressroom/contracts';
import { z } from 'zod';
import type { ReplayOptions } from './replay/replay.ts';
import { addedModel, type SimulatedModel } from './core/models/model-table.ts';
import type { TierRule } from './core/models/tier-of-model.ts';

const Port = z.coerce.number().int().min(0).max(65_535).default(0);
const PerMinute = z.coerce.number().positive();
const TierList = z
  .string()
  .default('')
  .transform((text, context) =>
    text
      .split(',')
      .map((entry) => entry.trim())
      .filter((entry) => entry !== '')
      .flatMap((entry): { name: string; tier: Tier }[] => {
        const match = /^([^=\s]+)=(T[123])$/.exec(entry);
        if (match) return [{ name: match[1] ?? '', tier: match[2] as Tier }];
        context.addIssue({ code: 'custom', message: `"${entry.slice(0, 40)}" is not name=T1, name=T2 or name=T3` });
        return [];
      }),
  );

const Environment = z.object({
  PRESSROOM_SIMULATOR_HOST: z.string().default('127.0.0.1'),
  PRESSROOM_SIMULATOR_PORT: Port,
  PRESSROOM_SIMULATOR_CONTROL_PORT: Port,
  SIMULATOR_SEED: z.string().min(1).default('pressroom'),
  SIMULATOR_LATENCY_SCALE: z.coerce.number().min(0).max(100).default(1),
  SIMULATOR_REPLAY: z.string().min(1).optional(),
  SIMULATOR_REPLAY_MISS: z.enum(['write', 'fail', 'record']).default('write'),
  SIMULATOR_REPLAY_UPSTREAM: z.url({ protocol: /^http$/ }).optional(),
  SIMULATOR_BATCH_MS: z.coerce.number().min(0).default(3_000),
  SIMULATOR_GULLIBLE: z.enum(['true', 'false']).default('false'),
  SIMULATOR_TIERS: TierList,
  SIMULATOR_MODELS: TierList,
  SIMULATOR_REQUESTS_PER_MINUTE: PerMinute.optional(),
  SIMULATOR_TOKENS_PER_MINUTE: PerMinute.optional(),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
});

export interface Config {
  host: string;
  port: number;
  controlPort: number;
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

/** Reads the environment; every problem is reported at once. Empty values count as absent. */
export function parseConfig(env: Readonly<Record<string, string | undefined>>): ConfigResult {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = Environment.safeParse(given);
  if (!parsed.success) {
    return { ok: false, problems: parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`) };
  }
  const values = parsed.data;
  return {
    ok: true,
    config: {
      host: values.PRESSROOM_SIMULATOR_HOST,
      port: values.PRESSROOM_SIMULATOR_PORT,
      controlPort: values.PRESSROOM_SIMULATOR_CONTROL_PORT,
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

/** A short name of a seed for logs, so that two runs can be told to be alike. */
export const seedName = (seed: string): string => createHash('sha256').update(seed).digest('hex').slice(0, 8);
