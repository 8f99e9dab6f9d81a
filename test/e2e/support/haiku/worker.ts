/** A worker that knows how to write one form more. */
import { createFindAgent } from '@pressroom/agents';
import { createPipelineRegistry, PIPELINES } from '@pressroom/pipelines';

import { runWorker } from '../../../../apps/worker/src/wiring/run-worker.ts';
import { haikuForm } from './haiku-form.ts';
import { haikuPipeline } from './haiku-pipeline.ts';

await runWorker(process.env, {
  findPipeline: createPipelineRegistry([...PIPELINES, haikuPipeline]).find,
  findAgent: createFindAgent({ forms: [haikuForm] }),
});
