import { errorMessage } from '@pressroom/runtime';

import { runSuspect } from '../wiring/run-suspect.ts';

runSuspect(process.env).catch((error: unknown) => {
  process.stderr.write(`${errorMessage(error)}\n`);
  process.exit(1);
});
