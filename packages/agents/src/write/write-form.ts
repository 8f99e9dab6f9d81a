import type { StepContext, StepOutput } from '../ports.ts';

/** What the agent `write` can make in one step: a pipeline's step names it in its parameter `form`. */
export interface WriteForm {
  readonly name: string;
  /** Throws an AppError on failure, like an agent. */
  run(context: StepContext): Promise<StepOutput>;
}
