import { probePort } from '@pressroom/runtime';

import { StartError } from './start-error.ts';

/** Fails before anything is started when the coordinator could not listen there, and names the variable to change. */
export async function checkAddress(host: string, port: number): Promise<void> {
  if (port === 0) return;
  const problem = await probePort(port, host);
  if (problem !== undefined) throw new StartError(explain(problem, host, port));
}

function explain(problem: string, host: string, port: number): string {
  switch (problem) {
    case 'EADDRINUSE':
      return `PORT ${port} on ${host} is taken by another program: set PORT to a free one, for example PORT=${port + 1} npm start`;
    case 'EACCES':
      return `PORT ${port} needs more rights than this account has: set PORT to one above 1023`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `HOST ${host} is not an address of this machine: set HOST to one, for example 127.0.0.1 or 0.0.0.0`;
    default:
      return `cannot listen on HOST ${host}, PORT ${port}: ${problem}`;
  }
}
