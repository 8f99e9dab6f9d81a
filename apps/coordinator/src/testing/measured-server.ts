import { RequestLimits } from '../core/request-limits.ts';
import { startTestServer } from './start-test-server.ts';

/**
 * A coordinator over fake stores in a process of its own, which says how long one turn of its event loop kept the processor:
 * unlike the time on the clock this does not grow when other processes want the machine.
 */
const server = await startTestServer({ storeTimeoutMs: 10_000, limits: RequestLimits.parse({}) });
let longestMs = 0;
let before = process.threadCpuUsage();

// Runs about once each turn of the loop.
const sample = (): void => {
  const { user, system } = process.threadCpuUsage(before);
  longestMs = Math.max(longestMs, (user + system) / 1_000);
  before = process.threadCpuUsage();
  setTimeout(sample, 1);
};
sample();

process.on('message', (message: 'report' | { taskId: string; outputs: Readonly<Record<string, unknown>> }) => {
  if (message !== 'report') {
    const { taskId, outputs } = message;
    for (const [key, output] of Object.entries(outputs)) server.stores.setOutput(taskId, key, output);
    server.stores.finish(taskId);
    process.send?.('finished');
    return;
  }
  process.send?.(longestMs);
  longestMs = 0;
});
process.on('disconnect', () => process.exit(0));
process.send?.(server.url);
