import { ALL_QUEUES, type QueueName } from '@pressroom/contracts';

import { notFound } from '../errors/request-error.ts';
import type { ParamDoc } from '../routing/route.ts';

export const TENANT_ID = {
  id: { kind: 'uuid', description: 'Id of the tenant', noun: 'tenant' },
} as const satisfies Record<string, ParamDoc>;

export const PLATFORM_KEY = {
  keyId: { kind: 'uuid', description: 'Id of the key', noun: 'key' },
} as const satisfies Record<string, ParamDoc>;

export const TENANT_KEY = { ...TENANT_ID, ...PLATFORM_KEY } as const satisfies Record<string, ParamDoc>;

export const SCHEDULE_ID = {
  id: { kind: 'uuid', description: 'Id of the schedule', noun: 'schedule' },
} as const satisfies Record<string, ParamDoc>;

export const QUEUE_NAME = {
  name: { kind: 'stepKey', description: 'Name of the queue, such as `draft.batch`', noun: 'queue' },
} as const satisfies Record<string, ParamDoc>;

/** @throws {RequestError} NOT_FOUND for a queue that does not exist */
export function queueOf(name: string): QueueName {
  const queue = ALL_QUEUES.find((known) => known === name);
  if (queue === undefined) throw notFound('queue');
  return queue;
}
