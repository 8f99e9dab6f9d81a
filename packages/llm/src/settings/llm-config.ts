import { ModelSpec } from '@pressroom/catalog';
import { Tier } from '@pressroom/contracts';
import { z } from 'zod';
import { GatewaySettings } from './gateway-settings.ts';

const connection = {
  apiKey: z.string().min(1),
  baseURL: z.url({ protocol: /^https?$/ }).optional(),
  /** Replies are simulated; clients can see this in every result. */
  simulated: z.boolean().default(false),
};

/** One configured provider. The models of the two vendors are built in; an endpoint defines its models with prices. */
export const ProviderConfig = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('openai'), name: z.literal('openai').default('openai'), ...connection }),
  z.strictObject({ kind: z.literal('anthropic'), name: z.literal('anthropic').default('anthropic'), ...connection }),
  z.strictObject({
    kind: z.literal('openai-compatible'),
    name: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,39}$/)
      .refine((name) => name !== 'openai' && name !== 'anthropic', 'is the name of a built-in provider'),
    ...connection,
    apiKey: connection.apiKey.optional(),
    baseURL: z.url({ protocol: /^https?$/ }),
    models: z.array(ModelSpec).min(1),
  }),
]);
export type ProviderConfig = z.output<typeof ProviderConfig>;

const PurposeConfig = z.strictObject({
  tier: Tier,
  timeoutMs: z.int().min(1_000).max(3_600_000),
  reasoning: z.enum(['off', 'low', 'medium']).default('off'),
  /** Whether tasks of a tenant share replies to identical requests. Default: the built-in table. */
  cacheable: z.boolean().optional(),
});

function rejectDuplicates(providers: readonly ProviderConfig[], context: z.RefinementCtx): void {
  providers.forEach(({ name }, index) => {
    if (providers.findIndex((other) => other.name === name) === index) return;
    context.addIssue({ code: 'custom', path: [index, 'name'], message: `${name} is configured twice` });
  });
}

/** The models and providers in `PRESSROOM_CONFIG`. Keys come from the environment, in `main.ts`. */
export const LlmConfig = z.strictObject({
  providers: z.array(ProviderConfig).superRefine(rejectDuplicates).default([]),
  /** Candidates of a tier, best first, replacing the built-in ones: `openai/gpt-6-luna`. */
  tiers: z.partialRecord(Tier, z.array(z.string().min(1)).min(1)).default({}),
  /** The baseline model of savings. */
  baseline: z.string().optional(),
  purposes: z.record(z.string(), PurposeConfig).default({}),
  gateway: GatewaySettings.prefault({}),
});
export type LlmConfig = z.output<typeof LlmConfig>;
