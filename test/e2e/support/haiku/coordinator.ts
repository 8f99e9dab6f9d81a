/** A coordinator that serves one task type more. */
import { createPipelineRegistry, PIPELINES } from '@pressroom/pipelines';

import { runCoordinator } from '../../../../apps/coordinator/src/wiring/run-coordinator.ts';
import { haikuPipeline } from './haiku-pipeline.ts';

await runCoordinator(process.env, createPipelineRegistry([...PIPELINES, haikuPipeline]));
