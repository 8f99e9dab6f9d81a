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

/** Null for the installation's default. */
const MaxStorage = z.int().min(0).nullable();

/** Maximum number of open tasks of a tenant; further submissions are answered with 429. */
export const DEFAULT_MAX_BACKLOG = 10_000;

/** Body of `POST /tenants`. */
export const CreateTenant = z.strictObject({
  name: Name,
  /** Weight in weighted round-robin dispatch. */
  weight: Weight.default(1),
  /** Maximum number of steps queued or running; null is unlimited. */
  maxConcurrency: MaxConcurrency.default(null),
  /** Submissions per minute over all coordinators; null is unlimited. */
  rateLimitPerMinute: RateLimit.default(null),
  maxBacklog: MaxBacklog.default(DEFAULT_MAX_BACKLOG),
  /** Default for tasks whose input supports a style guide and has none. */
  styleGuide: StyleGuide.default(null),
  /** Stored bytes of inputs and outputs above which submissions are answered with 413; null for the installation's default. */
  maxStorageBytes: MaxStorage.default(null),
});
export type CreateTenant = z.output<typeof CreateTenant>;
export type CreateTenantRequest = z.input<typeof CreateTenant>;

/** Body of `PATCH /tenants/{id}`: changes the given fields, in all processes within half a second. */
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
  .refine((changes) => Object.keys(changes).length > 0, 'contains no changes');
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
  /** Stored bytes of inputs and outputs at the last measurement. */
  storedBytes: z.int(),
  createdAt: z.iso.datetime(),
});
export type TenantView = z.infer<typeof TenantView>;

export const TenantList = z.object({ items: z.array(TenantView), nextCursor: z.string().nullable() });
export type TenantList = z.infer<typeof TenantList>;

/** Permissions of a tenant's key: `operate` includes `submit`, which includes `view`. */
export const TENANT_ROLES = ['submit', 'operate', 'view'] as const;
export const TenantRole = z.enum(TENANT_ROLES);
export type TenantRole = z.infer<typeof TenantRole>;

/** Permissions of a platform key: `admin` everything, `monitor` only fleet, scaling and metrics. */
export const PLATFORM_ROLES = ['admin', 'monitor'] as const;
export const PlatformRole = z.enum(PLATFORM_ROLES);
export type PlatformRole = z.infer<typeof PlatformRole>;

/** Label of a key: its holder, a person or a program. */
const KeyName = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .refine((text) => !/\p{Cc}/u.test(text) && text.isWellFormed(), 'contains characters that cannot be displayed');

/** Body of `POST /keys`. */
export const CreatePlatformKey = z.strictObject({
  role: PlatformRole,
  name: KeyName.optional(),
  /** Expiry of the key. Default: never. */
  expiresAt: Instant.optional(),
});
export type CreatePlatformKey = z.infer<typeof CreatePlatformKey>;

/** Body of `POST /tenants/{id}/keys`. */
export const CreateTenantKey = z.strictObject({
  role: TenantRole,
  name: KeyName.optional(),
  /** Expiry of the key. Default: never. */
  expiresAt: Instant.optional(),
});
export type CreateTenantKey = z.infer<typeof CreateTenantKey>;

export const KeyView = z.object({
  id: z.uuid(),
  role: z.enum([...TENANT_ROLES, ...PLATFORM_ROLES]),
  name: z.string().nullable(),
  /** First characters of the secret; null for keys created before these were stored. */
  prefix: z.string().nullable(),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime().nullable(),
  /** Exact to about a minute; null if never used. */
  lastUsedAt: z.iso.datetime().nullable(),
});
export type KeyView = z.infer<typeof KeyView>;

export const KeyList = z.object({ items: z.array(KeyView), nextCursor: z.string().nullable() });
export type KeyList = z.infer<typeof KeyList>;

/** A new key: the only response that contains its secret. */
export const NewKey = KeyView.extend({ secret: z.string() });
export type NewKey = z.infer<typeof NewKey>;
