import type { StepContext, StepOutput } from '../ports.ts';

/** A kind of output of the agent `write`, selected by the parameter `form` of a step. */
export interface WriteForm {
  readonly name: string;
  /** Throws an AppError on failure, like an agent. */
  run(context: StepContext): Promise<StepOutput>;
}
