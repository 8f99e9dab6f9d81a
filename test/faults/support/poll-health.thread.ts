import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';

/*
 * Polls each address of `workerData` until it receives a message; returns the longest response time of each, and last that of an
 * idle server, which is the delay of the machine. Runs in a separate thread, because the simulator runs in that of the test.
 */
const POLL_MS = 20;
const server = createServer((_request, response) => response.end());
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const control = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;

let isStopped = false;
parentPort?.once('message', () => {
  isStopped = true;
});
const longest = await Promise.all(
  [...(workerData as string[]), control].map(async (url) => {
    let longestMs = 0;
    while (!isStopped) {
      const startedMs = performance.now();
      // A new connection each time: a reused one may be closed by the server at that moment.
      await (await fetch(url, { headers: { connection: 'close' } })).arrayBuffer();
      longestMs = Math.max(longestMs, performance.now() - startedMs);
      await setTimeout(POLL_MS);
    }
    return longestMs;
  }),
);
server.close();
parentPort?.postMessage(longest);
