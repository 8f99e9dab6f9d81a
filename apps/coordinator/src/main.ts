import { findPipeline, listPipelines } from '@pressroom/pipelines';
import { errorMessage } from '@pressroom/runtime';

import { runCoordinator } from './wiring/run-coordinator.ts';

runCoordinator(process.env, { find: findPipeline, list: listPipelines }).catch((error: unknown) => {
  process.stderr.write(`${errorMessage(error)}\n`);
  process.exit(1);
});
