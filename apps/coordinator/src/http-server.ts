import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';

import { AppError, type Clock } from '@pressroom/runtime';

import { DEFAULT_REQUEST_LIMITS, type RequestLimits } from './core/request-limits.ts';
import { connectionProblem, refuseRequest } from './errors/connection-problem.ts';

/** The coordinator could not take its address. */
export class ListenError extends AppError {
  readonly code = 'CONFIG_INVALID';
  readonly retryable = false;
}

/** Request line and headers together; one more byte is answered with 431. */
const MAX_HEADER_BYTES = 16 * 1_024;
/** How long a caller that is still sending has to read why its request was refused, in milliseconds. */
const LINGER_MS = 500;

export interface HttpServer {
  url: string;
  port: number;
  /** Stops accepting, lets running requests finish until the deadline, then cuts what is left. Idempotent. */
  close(deadlineMs: number): Promise<void>;
}

/**
 * Starts serving.
 * @throws {ListenError} naming the variable to change when the address cannot be had
 */
export async function startHttpServer(options: {
  listener: RequestListener;
  host: string;
  /** 0 lets the system choose. */
  port: number;
  clock: Clock;
  limits?: Pick<RequestLimits, 'headersTimeoutMs' | 'requestTimeoutMs' | 'connections'>;
}): Promise<HttpServer> {
  const { headersTimeoutMs, requestTimeoutMs, connections } = options.limits ?? DEFAULT_REQUEST_LIMITS;
  const listener: RequestListener = (request, response) => {
    if (request.httpVersion === '1.1' && request.headers.host === undefined) {
      refuseRequest(response, 'the header Host is missing: HTTP/1.1 requires it');
    } else {
      options.listener(request, response);
    }
  };
  const server = createServer(
    {
      headersTimeout: Math.min(headersTimeoutMs, requestTimeoutMs),
      requestTimeout: requestTimeoutMs,
      connectionsCheckingInterval: Math.min(5_000, Math.ceil(headersTimeoutMs / 2)),
      maxHeaderSize: MAX_HEADER_BYTES,
      // Longer than the idle timeout of common load balancers (60 s), so that they close first.
      keepAliveTimeout: 65_000,
      noDelay: true,
      // Node's own refusal has no body; `listener` refuses in its place.
      requireHostHeader: false,
    },
    listener,
  );
  server.maxConnections = connections;
  // The application says when it wants the body of a request that asked first.
  server.on('checkContinue', listener);
  server.on('checkExpectation', (_request, response) => {
    refuseRequest(response, 'the header Expect has a value other than 100-continue: send that, or no Expect');
  });
  answerBrokenRequests(server);
  await listen(server, options.host, options.port);
  const { port } = server.address() as AddressInfo;
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;
  let closing: Promise<void> | undefined;
  return {
    url: `http://${host}:${port}`,
    port,
    close(deadlineMs) {
      closing ??= closeServer(server, options.clock, deadlineMs);
      return closing;
    },
  };
}

/**
 * Answers what is no HTTP, or comes too slowly, with a problem document and closes the connection. Where a reply is already
 * under way nothing can be added to it.
 */
function answerBrokenRequests(server: Server): void {
  const replies = new WeakMap<Duplex, ServerResponse>();
  const ended = new WeakSet<Duplex>();
  const remember: RequestListener = ({ socket }, response) => void replies.set(socket, response);
  server.prependListener('request', remember);
  server.prependListener('checkContinue', remember);
  server.prependListener('checkExpectation', remember);
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (ended.has(socket)) return;
    ended.add(socket);
    const reply = replies.get(socket);
    const isReplying = reply !== undefined && reply.headersSent && !reply.writableFinished;
    if (!socket.writable || isReplying || error.code === 'ECONNRESET') {
      socket.destroy();
      return;
    }
    socket.end(connectionProblem(error.code, MAX_HEADER_BYTES));
    setTimeout(() => socket.destroy(), LINGER_MS).unref();
  });
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(new ListenError(explain(error, host, port), { cause: error }));
    });
    server.listen({ host, port }, resolve);
  });
}

function explain(error: NodeJS.ErrnoException, host: string, port: number): string {
  const { code = '' } = error;
  if (code === 'EADDRINUSE') return `port ${port} on ${host} is taken: set PORT to a free one, or stop what holds it`;
  if (code === 'EACCES') return `port ${port} needs rights this process does not have: set PORT to 1024 or more`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    return `${host} is no address of this machine: set HOST to one that is`;
  }
  return `cannot listen on ${host}:${port} (HOST, PORT): ${error.message}`;
}

/** How often a closing server looks for connections whose last response has just ended; they would stay open otherwise. */
const IDLE_CHECK_MS = 20;

async function closeServer(server: Server, clock: Clock, deadlineMs: number): Promise<void> {
  const untilMs = clock.monotonicMs() + deadlineMs;
  let isClosed = false;
  const closed = new Promise<void>((resolve) => {
    server.close(() => {
      isClosed = true;
      resolve();
    });
  });
  const isDone = (): boolean => isClosed;
  while (!isDone() && clock.monotonicMs() < untilMs) {
    server.closeIdleConnections();
    await Promise.race([closed, clock.sleep(IDLE_CHECK_MS)]);
  }
  server.closeAllConnections();
  await closed;
}
