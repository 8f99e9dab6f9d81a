import type {
  BulkDiscard,
  BulkRedrive,
  DeadLetterFilter,
  DeadLetterGroupPage,
  DeadLetterPage,
  DeadLetterState,
  DeadLetterView,
  OperationAccepted,
  OperationPage,
  OperationView,
  RedriveDeadLetterRequest,
  TaskRestarted,
} from '@pressroom/contracts';

import type { CallJson, CallOptions } from './call-json.ts';

export interface DeadLetterListOptions extends DeadLetterFilter {
  state?: DeadLetterState;
  cursor?: string;
  limit?: number;
}

export interface DeadLetterClient {
  list(filter?: DeadLetterListOptions, options?: CallOptions): Promise<DeadLetterPage>;
  /** Grouped by cause, the most frequent first. */
  groups(filter?: DeadLetterListOptions, options?: CallOptions): Promise<DeadLetterGroupPage>;
  /** With the full payload, to which a redrive's patch applies. */
  get(id: string, options?: CallOptions): Promise<DeadLetterView>;
  redrive(id: string, changes?: RedriveDeadLetterRequest, options?: CallOptions): Promise<TaskRestarted>;
  discard(id: string, reason: string, options?: CallOptions): Promise<DeadLetterView>;
  /** Starts a bulk operation; poll it with `operations.get`. */
  redriveAll(request: BulkRedrive, options?: CallOptions): Promise<OperationAccepted>;
  discardAll(request: BulkDiscard, options?: CallOptions): Promise<OperationAccepted>;
}

export interface OperationClient {
  /** Newest first. */
  list(page?: { cursor?: string; limit?: number }, options?: CallOptions): Promise<OperationPage>;
  get(id: string, options?: CallOptions): Promise<OperationView>;
  abort(id: string, options?: CallOptions): Promise<OperationView>;
}

/** Only reads and the abort are retried automatically: a redrive that succeeded is answered with 409 the second time. */
export function createDeadLetterClient(json: CallJson): DeadLetterClient {
  return {
    list: (filter = {}, { signal } = {}) => json('listDeadLetters', {}, { query: { ...filter }, signal }),
    groups: (filter = {}, { signal } = {}) => json('listDeadLetterGroups', {}, { query: { ...filter }, signal }),
    get: (id, { signal } = {}) => json('getDeadLetter', { id }, { signal }),
    redrive: (id, changes = {}, { signal } = {}) => json('redriveDeadLetter', { id }, { json: changes, signal }),
    discard: (id, reason, { signal } = {}) => json('discardDeadLetter', { id }, { json: { reason }, signal }),
    redriveAll: (request, { signal } = {}) => json('redriveDeadLetters', {}, { json: request, signal }),
    discardAll: (request, { signal } = {}) => json('discardDeadLetters', {}, { json: request, signal }),
  };
}

export function createOperationClient(json: CallJson): OperationClient {
  return {
    list: (page = {}, { signal } = {}) => json('listOperations', {}, { query: { ...page }, signal }),
    get: (id, { signal } = {}) => json('getOperation', { id }, { signal }),
    // Aborting is idempotent.
    abort: (id, { signal } = {}) => json('abortOperation', { id }, { signal, isRepeatable: true }),
  };
}
