import type { Tier } from '@pressroom/contracts';
import { envChoice, envInt, envPort, envSecret } from '@pressroom/runtime';
import { z } from 'zod';

/** A decimal number within bounds, both inclusive. */
const envNumber = (min: number, max: number) =>
  z.string().transform((text, context) => {
    const value = /^\s*\d+(\.\d+)?\s*$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    context.addIssue({
      code: 'custom',
      message: `must be a number from ${min} to ${max}, got ${JSON.stringify(text)}`,
    });
    return z.NEVER;
  });

const PerMinute = envInt({ min: 1 });
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

/** Minimum length of a token, so that it cannot be guessed. */
const MIN_TOKEN_LENGTH = 24;

/** Variables of the offline simulator. */
export const SimulatorVariables = z.object({
  PRESSROOM_SIMULATOR_HOST: z.string().trim().min(1).default('127.0.0.1'),
  PRESSROOM_SIMULATOR_PORT: envPort().default(0),
  PRESSROOM_SIMULATOR_CONTROL_PORT: envPort().default(0),
  PRESSROOM_SIMULATOR_CONTROL_TOKEN: envSecret({
    minLength: MIN_TOKEN_LENGTH,
    hint: 'generate one with: openssl rand -base64 32',
  }).optional(),
  PRESSROOM_HOME: z.string().default('.pressroom'),
  SIMULATOR_SEED: z.string().min(1).default('pressroom'),
  SIMULATOR_LATENCY_SCALE: envNumber(0, 100).default(1),
  SIMULATOR_REPLAY: z.string().min(1).optional(),
  SIMULATOR_REPLAY_MISS: envChoice(['write', 'fail', 'record']).default('write'),
  SIMULATOR_REPLAY_UPSTREAM: z.url({ protocol: /^http$/, error: 'must be an absolute http URL' }).optional(),
  SIMULATOR_BATCH_MS: envNumber(0, 86_400_000).default(3_000),
  SIMULATOR_GULLIBLE: envChoice(['true', 'false']).default('false'),
  SIMULATOR_TIERS: TierList,
  SIMULATOR_MODELS: TierList,
  SIMULATOR_REQUESTS_PER_MINUTE: PerMinute.optional(),
  SIMULATOR_TOKENS_PER_MINUTE: PerMinute.optional(),
  LOG_LEVEL: envChoice(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
});
