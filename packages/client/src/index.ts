export { ApiError, ConnectionError } from './api-error.ts';
export {
  createClient,
  type AuditOptions,
  type CallOptions,
  type ListOptions,
  type PressroomClient,
  type ResultOptions,
  type SubmitOptions,
} from './create-client.ts';
export type { ClientOptions } from './transport.ts';
export type { WatchOptions } from './watch-events.ts';
export type { DeadLetterClient, DeadLetterListOptions, OperationClient } from './dead-letter-client.ts';
export type { KeyClient, QueueClient, ScheduleClient, TenantClient } from './control-client.ts';
