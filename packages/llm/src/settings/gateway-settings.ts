import { z } from 'zod';

const ms = (fallback: number) => z.int().min(1).max(3_600_000).default(fallback);

/** How the gateway treats failing providers. Every value has a default; unknown fields are refused. */
export const GatewaySettings = z.strictObject({
  retry: z
    .strictObject({
      /** First ceiling of the full-jitter backoff, doubled with each failure of the same model. */
      baseMs: ms(500),
      capMs: ms(8_000),
      /** Requests to one model before the next candidate is asked. */
      triesPerModel: z.int().min(1).max(10).default(2),
      /** A wait longer than this is not worth it while another model could be asked. */
      maxWaitMs: ms(5_000),
    })
    .prefault({}),
  breaker: z
    .strictObject({
      errorThresholdPercent: z.int().min(1).max(100).default(50),
      /** Requests within the window before the breaker may open. */
      minRequests: z.int().min(1).max(10_000).default(5),
      windowMs: ms(30_000),
      /** How long it stays open before one probe is let through. */
      openMs: ms(15_000),
      /** Concurrent requests to one model from this process: the bulkhead. Whoever finds it full waits for a turn. */
      maxConcurrent: z.int().min(1).max(10_000).default(64),
    })
    .prefault({}),
  cache: z
    .strictObject({
      /** Replies that tasks of one tenant share, for purposes that are `cacheable`. */
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
  /** How requests are kept within what providers allow, and how that is shared out. */
  pacing: z
    .strictObject({
      /**
       * What a provider (`openai`) or one of its models (`openai/gpt-6-luna`) allows a minute, over all workers together.
       * Where nothing is said, what the provider tells with its answers counts.
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
      /** Shares of the lanes while both wait. */
      laneWeights: z
        .strictObject({ interactive: z.int().min(1).max(100).default(4), batch: z.int().min(1).max(100).default(1) })
        .prefault({}),
      /** Most of a limit that batch work may use, even while nothing else does: the rest is there for whoever comes. */
      batchShare: z.number().min(0.05).max(1).default(0.8),
      /** Longest wait for a turn before another model is asked; more than the minute after which there is room again. */
      maxWaitMs: ms(90_000),
    })
    .prefault({}),
  /** Longest wait for the first event of a stream: a hang is found long before the call's own timeout. */
  firstEventTimeoutMs: ms(30_000),
  /** Calls are not started when less than this is left of the attempt. */
  minCallMs: ms(250),
});
export type GatewaySettings = z.output<typeof GatewaySettings>;
export type GatewaySettingsInput = z.input<typeof GatewaySettings>;
