/** Why a request fails; each vendor has its own error body. */
export type FailureKind =
  | 'invalid_request'
  | 'context_too_long'
  | 'unauthenticated'
  | 'permission_denied'
  | 'unknown_model'
  | 'unknown_path'
  | 'too_large'
  | 'rate_limited'
  | 'server_error'
  | 'unavailable'
  | 'timeout'
  | 'overloaded';

export interface WireFailure {
  status: number;
  kind: FailureKind;
  message: string;
  /** Invalid field of the request. */
  param?: string;
  retryAfterMs?: number;
}

export type Parsed<Value> = { ok: true; value: Value } | { ok: false; failure: WireFailure };

export const fail = (failure: WireFailure): { ok: false; failure: WireFailure } => ({ ok: false, failure });

const KIND_BY_STATUS: Readonly<Record<number, FailureKind>> = {
  401: 'unauthenticated',
  403: 'permission_denied',
  404: 'unknown_path',
  413: 'too_large',
  429: 'rate_limited',
  503: 'unavailable',
  504: 'timeout',
  529: 'overloaded',
};

/** The failure requested by a fault script through its status. */
export function scriptedFailure(status: number, retryAfterMs: number | undefined): WireFailure {
  const kind = KIND_BY_STATUS[status] ?? (status < 500 ? 'invalid_request' : 'server_error');
  return {
    status,
    kind,
    message: `Simulated failure with status ${status}, by fault script.`,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  };
}
