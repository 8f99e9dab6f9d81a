/**
 * The load generator, in a separate process so that its CPU time is not counted as the system's.
 * `load-generator.ts <client module>`: executes commands received over IPC, see `LoadCommand`.
 */
import { pathToFileURL } from 'node:url';

import type { CreateClient } from './load-client.ts';
import { measureAcceptance, measureBurst, measureLone, type Amount } from './measure-load.ts';

export type LoadCommand = { kind: 'burst' | 'lone' | 'accept' } & Amount;

const [module = ''] = process.argv.slice(2);
const { createClient } = (await import(pathToFileURL(module).href)) as { createClient: CreateClient };
const client = await createClient(process.env);

async function execute(command: LoadCommand): Promise<unknown> {
  switch (command.kind) {
    case 'burst':
      return measureBurst(client, command);
    case 'lone':
      return measureLone(client, command);
    case 'accept':
      return measureAcceptance(client, command);
  }
}

process.on('message', (command: LoadCommand) => {
  execute(command).then(
    (result) => process.send?.({ type: 'result', result }),
    (error: unknown) => process.send?.({ type: 'error', error: String(error instanceof Error ? error.stack : error) }),
  );
});
const end = (): void => {
  // A client that hangs while closing must not keep the process alive.
  setTimeout(() => process.exit(0), 3_000).unref();
  void client.close().finally(() => process.exit(0));
};
process.once('SIGTERM', end);
process.once('disconnect', end);
process.send?.({ type: 'ready' });
