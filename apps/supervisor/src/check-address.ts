import { probePort } from '@pressroom/runtime';

import { StartError } from './start-error.ts';

/** The variables that an address comes from. */
interface Names {
  host: string;
  port: string;
}
const COORDINATOR: Names = { host: 'HOST', port: 'PORT' };
const WORKER: Names = { host: 'PRESSROOM_WORKER_HOST', port: 'PRESSROOM_WORKER_PORT' };

/** Fails before anything is started when the coordinator could not listen there, and names the variable to change. */
export const checkAddress = (host: string, port: number): Promise<void> => check(host, port, COORDINATOR);

/**
 * As `checkAddress`, for the ports of workers: one each, counting up from `first`; 0 is none.
 * @param coordinator where the coordinator will listen
 */
export async function checkWorkerAddresses(
  host: string,
  first: number,
  workers: number,
  coordinator: { port: number },
): Promise<void> {
  if (first === 0) return;
  const last = first + workers - 1;
  if (coordinator.port >= first && coordinator.port <= last) {
    throw new StartError(
      `PRESSROOM_WORKER_PORT ${first} gives ${workers} workers the ports ${first} to ${last}, and ${coordinator.port} is the coordinator’s PORT: ` +
        `set PRESSROOM_WORKER_PORT to ${coordinator.port + 1} or above`,
    );
  }
  for (let port = first; port <= last; port += 1) await check(host, port, WORKER);
}

async function check(host: string, port: number, names: Names): Promise<void> {
  if (port === 0) return;
  const problem = await probePort(port, host);
  if (problem !== undefined) throw new StartError(explain(problem, host, port, names));
}

function explain(problem: string, host: string, port: number, names: Names): string {
  switch (problem) {
    case 'EADDRINUSE':
      return `${names.port} ${port} on ${host} is taken by another program: set ${names.port} to a free one, for example ${names.port}=${port + 1} npm start`;
    case 'EACCES':
      return `${names.port} ${port} needs more rights than this account has: set ${names.port} to one above 1023`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `${names.host} ${host} is not an address of this machine: set ${names.host} to one, for example 127.0.0.1 or 0.0.0.0`;
    default:
      return `cannot listen on ${names.host} ${host}, ${names.port} ${port}: ${problem}`;
  }
}
