import { parsePools } from '@pressroom/queue/config';
import { errorMessage } from '@pressroom/runtime';
import { z } from 'zod';

import { DEFAULT_POOL_MAX, type PoolSettings } from './core/list-pools.ts';
import type { ScalingPolicy } from './core/decide-replicas.ts';

const Milliseconds = z.int().min(1).max(86_400_000);
const MAX_REPLICAS = 10_000;

/** A name that is valid in a path, a metric label and a process name. */
const PoolName = z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'must be lower case letters, digits and hyphens');

const PoolSection = z
  .strictObject({
    /** As in `PRESSROOM_POOLS`: `research.interactive,draft.*`. */
    queues: z.string().transform((spec, context) => {
      try {
        return parsePools(spec);
      } catch (error) {
        context.addIssue({ code: 'custom', message: errorMessage(error) });
        return z.NEVER;
      }
    }),
    min: z.int().min(0).max(MAX_REPLICAS).default(0),
    max: z.int().min(0).max(MAX_REPLICAS).default(DEFAULT_POOL_MAX),
  })
  .refine(({ min, max }) => min <= max, 'min must not exceed max');

/** The sections `pools` and `scaling` of `PRESSROOM_CONFIG`, with defaults. */
export const ScalingConfig = z.strictObject({
  pools: z.record(PoolName, PoolSection).default({}),
  scaling: z
    .strictObject({
      objectives: z
        .strictObject({ interactiveMs: Milliseconds.default(5_000), batchMs: Milliseconds.default(600_000) })
        .prefault({}),
      /** Target utilisation of a worker's slots. */
      utilisation: z.number().min(0.1).max(1).default(0.8),
      /** Least time between two scale-outs. */
      scaleOutAfterMs: z.int().min(0).max(3_600_000).default(3_000),
      /** How long load must be low before a scale-in. */
      scaleInAfterMs: z.int().min(0).max(86_400_000).default(60_000),
      /** Assumed duration of a step before the first measurement. */
      assumedStepMs: Milliseconds.default(10_000),
      /** Concurrent steps, over all pools, that the providers can serve; by default unlimited. */
      usefulParallelism: z.int().min(1).max(1_000_000).optional(),
    })
    .prefault({}),
});
export type ScalingConfig = z.output<typeof ScalingConfig>;

export const policyFromConfig = ({ scaling }: ScalingConfig): ScalingPolicy => ({
  objectivesMs: { interactive: scaling.objectives.interactiveMs, batch: scaling.objectives.batchMs },
  utilisation: scaling.utilisation,
  cooldown: { outMs: scaling.scaleOutAfterMs, inMs: scaling.scaleInAfterMs },
  assumedStepMs: scaling.assumedStepMs,
});

export const poolsFromConfig = ({ pools }: ScalingConfig): PoolSettings[] =>
  Object.entries(pools).map(([name, section]) => ({ name, ...section }));
