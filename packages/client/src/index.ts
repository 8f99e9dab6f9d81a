export { ApiError, ConnectionError } from './api-error.ts';
export {
  createClient,
  type CallOptions,
  type ListOptions,
  type PressroomClient,
  type ResultOptions,
  type SubmitOptions,
} from './create-client.ts';
export type { ClientOptions } from './transport.ts';
export type { WatchOptions } from './watch-events.ts';
