import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { AppError, type Clock } from '@pressroom/runtime';

/** The coordinator could not take its address. */
export class ListenError extends AppError {
  readonly code = 'CONFIG_INVALID';
  readonly retryable = false;
}

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
}): Promise<HttpServer> {
  const server = createServer(
    {
      // A client gets this long for its headers and its whole request; slower ones only hold a socket.
      headersTimeout: 10_000,
      requestTimeout: 30_000,
      connectionsCheckingInterval: 5_000,
      // Longer than the idle timeout of common load balancers (60 s), so that they close first.
      keepAliveTimeout: 65_000,
      noDelay: true,
    },
    options.listener,
  );
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
