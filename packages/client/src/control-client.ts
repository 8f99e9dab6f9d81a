import type {
  CreatePlatformKey,
  CreateScheduleRequest,
  CreateTenantKey,
  CreateTenantRequest,
  KeyView,
  NewKey,
  QueueState,
  ScheduleView,
  TenantView,
  UpdateSchedule,
  UpdateTenant,
} from '@pressroom/contracts';

import type { CallJson, CallOptions } from './call-json.ts';
import { pathOf } from './operations.ts';
import { readAll } from './read-all.ts';
import type { Transport } from './transport.ts';

/** Recurring tasks. */
export interface ScheduleClient {
  list(options?: CallOptions): Promise<ScheduleView[]>;
  create(schedule: CreateScheduleRequest, options?: CallOptions): Promise<ScheduleView>;
  get(id: string, options?: CallOptions): Promise<ScheduleView>;
  /** Changes the given fields; `{ enabled: false }` disables the schedule. */
  update(id: string, changes: UpdateSchedule, options?: CallOptions): Promise<ScheduleView>;
  delete(id: string, options?: CallOptions): Promise<void>;
}

/** Tenants of the installation. Needs an admin key, except for `get`. */
export interface TenantClient {
  list(options?: CallOptions): Promise<TenantView[]>;
  create(tenant: CreateTenantRequest, options?: CallOptions): Promise<TenantView>;
  get(id: string, options?: CallOptions): Promise<TenantView>;
  update(id: string, changes: UpdateTenant, options?: CallOptions): Promise<TenantView>;
  keys(id: string, options?: CallOptions): Promise<KeyView[]>;
  /** The response contains the secret, which is never shown again. */
  createKey(id: string, key: CreateTenantKey, options?: CallOptions): Promise<NewKey>;
  deleteKey(id: string, keyId: string, options?: CallOptions): Promise<void>;
}

/** Keys without a tenant: administrators' and monitoring's. Needs an admin key. */
export interface KeyClient {
  list(options?: CallOptions): Promise<KeyView[]>;
  /** The response contains the secret, which is never shown again. */
  create(key: CreatePlatformKey, options?: CallOptions): Promise<NewKey>;
  delete(keyId: string, options?: CallOptions): Promise<void>;
}

/** Queues, shared by all tenants. Needs an admin key. */
export interface QueueClient {
  pause(name: string, options?: CallOptions): Promise<QueueState>;
  resume(name: string, options?: CallOptions): Promise<QueueState>;
}

export function createScheduleClient(json: CallJson, transport: Transport): ScheduleClient {
  return {
    list: (options) => readAll(json, 'listSchedules', {}, options),
    create: (schedule, { signal } = {}) => json('createSchedule', {}, { json: schedule, signal }),
    get: (id, { signal } = {}) => json('getSchedule', { id }, { signal }),
    // Idempotent: repeating a change has no further effect.
    update: (id, changes, { signal } = {}) =>
      json('updateSchedule', { id }, { json: changes, signal, isRepeatable: true }),
    async delete(id, { signal } = {}) {
      await transport.send(pathOf('deleteSchedule', { id }), { method: 'DELETE', signal });
    },
  };
}

export function createTenantClient(json: CallJson, transport: Transport): TenantClient {
  return {
    list: (options) => readAll(json, 'listTenants', {}, options),
    create: (tenant, { signal } = {}) => json('createTenant', {}, { json: tenant, signal }),
    get: (id, { signal } = {}) => json('getTenant', { id }, { signal }),
    update: (id, changes, { signal } = {}) =>
      json('updateTenant', { id }, { json: changes, signal, isRepeatable: true }),
    keys: (id, options) => readAll(json, 'listKeys', { id }, options),
    createKey: (id, key, { signal } = {}) => json('createKey', { id }, { json: key, signal }),
    async deleteKey(id, keyId, { signal } = {}) {
      await transport.send(pathOf('deleteKey', { id, keyId }), { method: 'DELETE', signal });
    },
  };
}

export function createKeyClient(json: CallJson, transport: Transport): KeyClient {
  return {
    list: (options) => readAll(json, 'listPlatformKeys', {}, options),
    create: (key, { signal } = {}) => json('createPlatformKey', {}, { json: key, signal }),
    async delete(keyId, { signal } = {}) {
      await transport.send(pathOf('deletePlatformKey', { keyId }), { method: 'DELETE', signal });
    },
  };
}

export function createQueueClient(json: CallJson): QueueClient {
  return {
    pause: (name, { signal } = {}) => json('pauseQueue', { name }, { signal, isRepeatable: true }),
    resume: (name, { signal } = {}) => json('resumeQueue', { name }, { signal, isRepeatable: true }),
  };
}
