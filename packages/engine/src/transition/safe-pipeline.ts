import type { LockedTask } from '@pressroom/db';
import type { Pipeline } from '@pressroom/pipelines';
import type { Logger } from '@pressroom/runtime';
import type { FindPipeline } from '../ports.ts';

/** Wraps pipelines so that an error in `assemble` means "no usable document": a task must end even then. */
export function createSafePipelines(deps: {
  findPipeline: FindPipeline;
  log: Logger;
}): (task: Pick<LockedTask, 'id' | 'type' | 'pipelineVersion'>) => Pipeline | undefined {
  return (task) => {
    const pipeline = deps.findPipeline(task.type, task.pipelineVersion);
    return (
      pipeline && {
        ...pipeline,
        assemble: (input, outputs) => {
          try {
            return pipeline.assemble(input, outputs);
          } catch (error) {
            deps.log.error({ err: error, taskId: task.id, type: task.type }, 'task.assemble_failed');
            return { document: undefined, limitations: [] };
          }
        },
      }
    );
  };
}
