import { AppError } from '@pressroom/runtime';

/** The task's input, or what earlier steps have made, is not what this agent needs: the same again cannot help. */
export class StepInputInvalidError extends AppError {
  readonly code = 'STEP_INPUT_INVALID';
  readonly retryable = false;
}

/** The user gave sources and not one of them could be used: an article without them is not what was asked for. */
export class NoUsableSourceError extends AppError {
  readonly code = 'NO_USABLE_SOURCE';
  readonly retryable = false;

  constructor(givenSources: number) {
    super(`none of the ${givenSources} given sources could be used`);
  }
}
