/** System calls that fail before a connection is established. */
const CONNECTING = new Set(['connect', 'getaddrinfo']);

/** Handshake and certificate errors that end a connection before Node writes the request. */
const BEFORE_REQUEST_CODES = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_REVOKED',
  'CERT_REJECTED',
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_UNSUPPORTED_PROTOCOL',
  'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
  'ERR_SSL_TLSV1_UNRECOGNIZED_NAME',
]);

/** Node reports this with the code of any reset; see `onConnectEnd` in its lib/internal/tls/wrap.js. */
const TLS_NOT_ESTABLISHED = /^Client network socket disconnected before secure TLS connection was established$/;
/** Ports that fetch refuses to connect to (https://fetch.spec.whatwg.org/#port-blocking). */
const BLOCKED_PORT = /^bad port$/;

/**
 * Whether a failed fetch certainly wrote no byte of its request: a failed look-up or connect, or an incomplete TLS
 * handshake. A reset, a closed socket and an abort may follow a written request.
 */
export function isBeforeFirstByte(thrown: unknown): boolean {
  for (let error = thrown, depth = 0; error instanceof Error && depth < 5; error = error.cause, depth += 1) {
    if (error instanceof AggregateError && error.errors.length > 0) return error.errors.every(isBeforeFirstByte);
    const { code, syscall } = error as { code?: unknown; syscall?: unknown };
    if (typeof syscall === 'string' && CONNECTING.has(syscall)) return true;
    if (typeof code === 'string' && BEFORE_REQUEST_CODES.has(code)) return true;
    if (TLS_NOT_ESTABLISHED.test(error.message) || BLOCKED_PORT.test(error.message)) return true;
  }
  return false;
}
