import { errorMessage } from '@pressroom/runtime';

import { runWorker } from './wiring/run-worker.ts';

runWorker(process.env).catch((error: unknown) => {
  process.stderr.write(`${errorMessage(error)}\n`);
  process.exit(1);
});
