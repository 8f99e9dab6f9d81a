import { z } from 'zod';
import { Instant } from './instant.ts';

const Name = z.string().trim().min(1).max(100);
const Weight = z.int().min(1).max(1_000);
const MaxConcurrency = z.int().min(1).max(100_000).nullable();
const MaxBacklog = z
  .int()
  .min(1, 'must be at least 1; to end the submissions of a tenant, delete its keys')
  .max(10_000_000);
const RateLimit = z.int().min(1).max(1_000_000).nullable();
const StyleGuide = z.string().trim().min(1).max(10_000).nullable();

/** Null leaves the limit to the installation's default. */
const MaxStorage = z.int().min(0).nullable();

/** Tasks a tenant may have open before submissions answer 429. */
export const DEFAULT_MAX_BACKLOG = 10_000;

/** Body of `POST /tenants`. */
export const CreateTenant = z.strictObject({
  name: Name,
  /** Share in weighted round-robin dispatch. */
  weight: Weight.default(1),
  /** Most steps queued or running at once; null is unlimited. */
  maxConcurrency: MaxConcurrency.default(null),
  /** Submissions a minute over all coordinators; null is unlimited. */
  rateLimitPerMinute: RateLimit.default(null),
  maxBacklog: MaxBacklog.default(DEFAULT_MAX_BACKLOG),
  /** For tasks whose input has room for one and brings none. */
  styleGuide: StyleGuide.default(null),
  /** Stored bytes of inputs and outputs from which on submissions answer 413; null is the installation's default. */
  maxStorageBytes: MaxStorage.default(null),
});
export type CreateTenant = z.output<typeof CreateTenant>;
export type CreateTenantRequest = z.input<typeof CreateTenant>;

/** Body of `PATCH /tenants/{id}`: what is named changes, within half a second everywhere. */
export const UpdateTenant = z
  .strictObject({
    name: Name.optional(),
    weight: Weight.optional(),
    maxConcurrency: MaxConcurrency.optional(),
    rateLimitPerMinute: RateLimit.optional(),
    maxBacklog: MaxBacklog.optional(),
    styleGuide: StyleGuide.optional(),
    maxStorageBytes: MaxStorage.optional(),
  })
  .refine((changes) => Object.keys(changes).length > 0, 'names nothing to change');
export type UpdateTenant = z.infer<typeof UpdateTenant>;

export const TenantView = z.object({
  id: z.uuid(),
  name: z.string(),
  weight: z.int(),
  maxConcurrency: z.int().nullable(),
  rateLimitPerMinute: z.int().nullable(),
  maxBacklog: z.int(),
  styleGuide: z.string().nullable(),
  maxStorageBytes: z.int().nullable(),
  /** Stored bytes of inputs and outputs, as last measured. */
  storedBytes: z.int(),
  createdAt: z.iso.datetime(),
});
export type TenantView = z.infer<typeof TenantView>;

export const TenantList = z.object({ items: z.array(TenantView), nextCursor: z.string().nullable() });
export type TenantList = z.infer<typeof TenantList>;

/** What a tenant's key may do: `operate` includes `submit`, which includes `view`. */
export const TENANT_ROLES = ['submit', 'operate', 'view'] as const;
export const TenantRole = z.enum(TENANT_ROLES);
export type TenantRole = z.infer<typeof TenantRole>;

/** What a key of the installation itself may do: `admin` everything, `monitor` look at fleet, scaling and metrics. */
export const PLATFORM_ROLES = ['admin', 'monitor'] as const;
export const PlatformRole = z.enum(PLATFORM_ROLES);
export type PlatformRole = z.infer<typeof PlatformRole>;

/** What tells a key from others: who or what holds it. */
const KeyName = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .refine((text) => !/\p{Cc}/u.test(text) && text.isWellFormed(), 'holds characters that cannot be shown');

/** Body of `POST /keys`. */
export const CreatePlatformKey = z.strictObject({
  role: PlatformRole,
  name: KeyName.optional(),
  /** From then on it is refused. Default: never. */
  expiresAt: Instant.optional(),
});
export type CreatePlatformKey = z.infer<typeof CreatePlatformKey>;

/** Body of `POST /tenants/{id}/keys`. */
export const CreateTenantKey = z.strictObject({
  role: TenantRole,
  name: KeyName.optional(),
  /** From then on it is refused. Default: never. */
  expiresAt: Instant.optional(),
});
export type CreateTenantKey = z.infer<typeof CreateTenantKey>;

export const KeyView = z.object({
  id: z.uuid(),
  role: z.enum([...TENANT_ROLES, ...PLATFORM_ROLES]),
  name: z.string().nullable(),
  /** First characters of the secret; null for keys made before these were kept. */
  prefix: z.string().nullable(),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime().nullable(),
  /** Exact to about a minute; null while nothing has used it. */
  lastUsedAt: z.iso.datetime().nullable(),
});
export type KeyView = z.infer<typeof KeyView>;

export const KeyList = z.object({ items: z.array(KeyView), nextCursor: z.string().nullable() });
export type KeyList = z.infer<typeof KeyList>;

/** A key that was just made: the only time its secret is shown. */
export const NewKey = KeyView.extend({ secret: z.string() });
export type NewKey = z.infer<typeof NewKey>;
