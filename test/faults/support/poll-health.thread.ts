import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';

/*
 * Asks each address of `workerData` again and again until it is sent a message; answers the longest time that one reply of
 * each took, and last that of a server which does nothing: what the machine itself delays. In a thread of its own, because
 * the simulator works in the thread of the test.
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
      // A connection of its own: a kept one may be closed by the other side at the moment it is used.
      await (await fetch(url, { headers: { connection: 'close' } })).arrayBuffer();
      longestMs = Math.max(longestMs, performance.now() - startedMs);
      await setTimeout(POLL_MS);
    }
    return longestMs;
  }),
);
server.close();
parentPort?.postMessage(longest);
