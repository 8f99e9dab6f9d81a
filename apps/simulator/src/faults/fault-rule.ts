import { z } from 'zod';
import { USAGE_MISREPORTS } from '../core/wire/usage-misreports.ts';
import { REPLY_DEFECTS } from '../core/defects/reply-defects.ts';

const DEFECT_NAMES = REPLY_DEFECTS.map(({ name }) => name);

const Effect = z.discriminatedUnion('kind', [
  /** Delays the response. */
  z.strictObject({ kind: z.literal('latency'), ms: z.number().min(0), jitterMs: z.number().min(0).default(0) }),
  /** Responds with an error in the vendor's format. */
  z.strictObject({
    kind: z.literal('status'),
    status: z.int().min(400).max(599),
    retryAfterMs: z.number().min(0).optional(),
  }),
  /** Reads the request and never responds. */
  z.strictObject({ kind: z.literal('hang') }),
  /** Resets the connection (RST) after reading the request, before the first byte of a response. */
  z.strictObject({ kind: z.literal('reset') }),
  /** Closes the connection after this many tokens of the reply. */
  z.strictObject({ kind: z.literal('cut'), afterTokens: z.int().min(0) }),
  /** Generates at this speed, independent of the latency scale. */
  z.strictObject({ kind: z.literal('slow'), tokensPerSecond: z.number().positive() }),
  /** Delays submitted batches; beyond a day they expire. */
  z.strictObject({ kind: z.literal('delay_batch'), ms: z.number().min(0) }),
  /** Makes the reply's JSON invalid. */
  z.strictObject({ kind: z.literal('malformed_json') }),
  /** Cuts the reply in the middle with the finish `length`. */
  z.strictObject({ kind: z.literal('truncate') }),
  /** Reports another usage than the billed one. */
  z.strictObject({ kind: z.literal('usage'), lie: z.enum(USAGE_MISREPORTS) }),
  /** Makes a defect certain, by its name in the table of rates. */
  z.strictObject({ kind: z.literal('defect'), name: z.enum(DEFECT_NAMES) }),
]);
export type FaultEffect = z.infer<typeof Effect>;
export type FaultKind = FaultEffect['kind'];

/** One rule of a fault script: matching calls, effect, count and duration. */
export const FaultRule = z.strictObject({
  match: z
    .strictObject({
      /** Path of the endpoint, e.g. `/v1/messages`. */
      path: z.string().optional(),
      /** Model name; `*` matches any characters. */
      model: z.string().optional(),
      /** Requested output: a schema's or tool's name, `text`, `embedding`, `batch`. `schema` is an alias. */
      purpose: z.string().optional(),
      schema: z.string().optional(),
      /** Only the nth matching call, counted from 1 since the rule was added. */
      nth: z.int().min(1).optional(),
      /** Share of matching calls, drawn from the seed. */
      probability: z.number().min(0).max(1).optional(),
    })
    .default({}),
  effect: Effect,
  /** Ends the rule after this many applications. */
  times: z.int().min(1).optional(),
  /** Ends the rule this long after it was added. */
  forMs: z.number().positive().optional(),
});
export type FaultRule = z.infer<typeof FaultRule>;
export type FaultRuleInput = z.input<typeof FaultRule>;
