import { z } from 'zod';

const ms = (fallback: number) => z.int().min(1).max(3_600_000).default(fallback);

/** Gateway settings. Every value has a default; unknown fields are rejected. */
export const GatewaySettings = z.strictObject({
  retry: z
    .strictObject({
      /** First ceiling of the full-jitter backoff, doubled with each failure of the same model. */
      baseMs: ms(500),
      capMs: ms(8_000),
      /** Requests to one model before the next candidate is called. */
      triesPerModel: z.int().min(1).max(10).default(2),
      /** Longest wait for a retry while another model is available. */
      maxWaitMs: ms(5_000),
    })
    .prefault({}),
  breaker: z
    .strictObject({
      errorThresholdPercent: z.int().min(1).max(100).default(50),
      /** Requests within the window before the breaker may open. */
      minRequests: z.int().min(1).max(10_000).default(5),
      windowMs: ms(30_000),
      /** Open time before one probe is admitted. */
      openMs: ms(15_000),
      /** Concurrent requests to one model from this process: the bulkhead. Further requests wait for a slot. */
      maxConcurrent: z.int().min(1).max(10_000).default(64),
    })
    .prefault({}),
  cache: z
    .strictObject({
      /** Replies shared by the tasks of one tenant, for purposes that are `cacheable`. */
      component: z
        .strictObject({
          enabled: z.boolean().default(true),
          ttlMs: z
            .int()
            .min(1_000)
            .max(90 * 86_400_000)
            .default(7 * 86_400_000),
        })
        .prefault({}),
    })
    .prefault({}),
  /** Rate limits of providers and their division between lanes. */
  pacing: z
    .strictObject({
      /**
       * Limits per minute of a provider (`openai`) or one of its models (`openai/gpt-6-luna`), over all workers together.
       * Defaults to the limits in the provider's response headers.
       */
      limits: z
        .record(
          z.string().min(1),
          z.strictObject({
            requestsPerMinute: z.int().min(1).optional(),
            tokensPerMinute: z.int().min(1).optional(),
          }),
        )
        .default({}),
      /** Weights of the lanes while both wait. */
      laneWeights: z
        .strictObject({ interactive: z.int().min(1).max(100).default(4), batch: z.int().min(1).max(100).default(1) })
        .prefault({}),
      /** Maximum share of a limit for batch work, even when nothing else runs: the rest is reserved for interactive work. */
      batchShare: z.number().min(0.05).max(1).default(0.8),
      /** Longest wait for a permit before another model is tried; longer than the one-minute window. */
      maxWaitMs: ms(90_000),
    })
    .prefault({}),
  /** Longest wait for the first event of a stream: detects a hang before the call's own timeout. */
  firstEventTimeoutMs: ms(30_000),
  /** Calls are not started when the attempt has less time than this. */
  minCallMs: ms(250),
});
export type GatewaySettings = z.output<typeof GatewaySettings>;
export type GatewaySettingsInput = z.input<typeof GatewaySettings>;
