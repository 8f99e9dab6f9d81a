import { z } from 'zod';
import { USAGE_LIES } from '../core/wire/usage-lies.ts';
import { REPLY_DEFECTS } from '../core/defects/reply-defects.ts';

const DEFECT_NAMES = REPLY_DEFECTS.map(({ name }) => name);

const Effect = z.discriminatedUnion('kind', [
  /** Waits before anything is answered. */
  z.strictObject({ kind: z.literal('latency'), ms: z.number().min(0), jitterMs: z.number().min(0).default(0) }),
  /** Answers with an error in the vendor's shape. */
  z.strictObject({
    kind: z.literal('status'),
    status: z.int().min(400).max(599),
    retryAfterMs: z.number().min(0).optional(),
  }),
  /** Takes the request and never answers. */
  z.strictObject({ kind: z.literal('hang') }),
  /** Resets the connection (RST) once the request is read, before the first byte of an answer. */
  z.strictObject({ kind: z.literal('reset') }),
  /** Closes the connection after this many tokens of the reply. */
  z.strictObject({ kind: z.literal('cut'), afterTokens: z.int().min(0) }),
  /** Generates at this speed, whatever the latency scale is. */
  z.strictObject({ kind: z.literal('slow'), tokensPerSecond: z.number().positive() }),
  /** Batches handed in take this much longer; more than a day, and they expire. */
  z.strictObject({ kind: z.literal('delay_batch'), ms: z.number().min(0) }),
  /** Makes the reply's JSON unparsable. */
  z.strictObject({ kind: z.literal('malformed_json') }),
  /** Stops in the middle, as if the limit on tokens had been reached. */
  z.strictObject({ kind: z.literal('truncate') }),
  /** Reports another usage than the one that is billed. */
  z.strictObject({ kind: z.literal('usage'), lie: z.enum(USAGE_LIES) }),
  /** Makes a defect of the reply certain, by its name in the table of rates. */
  z.strictObject({ kind: z.literal('defect'), name: z.enum(DEFECT_NAMES) }),
]);
export type FaultEffect = z.infer<typeof Effect>;
export type FaultKind = FaultEffect['kind'];

/** One line of a fault script: which calls, what happens to them, how often and for how long. */
export const FaultRule = z.strictObject({
  match: z
    .strictObject({
      /** Path of the endpoint, as `/v1/messages`. */
      path: z.string().optional(),
      /** Model name; `*` stands for any characters. */
      model: z.string().optional(),
      /** Name of what is asked for: a schema's or a forced tool's name, `text`, `embedding`, `batch`. `schema` is the same. */
      purpose: z.string().optional(),
      schema: z.string().optional(),
      /** Only the nth call that the rest matches, counted from 1 since the rule was set. */
      nth: z.int().min(1).optional(),
      /** Share of the matching calls that are hit, drawn from the seed. */
      probability: z.number().min(0).max(1).optional(),
    })
    .default({}),
  effect: Effect,
  /** Ends the rule after so many hits. */
  times: z.int().min(1).optional(),
  /** Ends the rule so long after it was set. */
  forMs: z.number().positive().optional(),
});
export type FaultRule = z.infer<typeof FaultRule>;
export type FaultRuleInput = z.input<typeof FaultRule>;
