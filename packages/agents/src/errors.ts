import { AppError } from '@pressroom/runtime';

/** The task's input, or the output of an earlier step, is invalid for this agent. Retrying cannot help. */
export class StepInputInvalidError extends AppError {
  readonly code = 'STEP_INPUT_INVALID';
  readonly retryable = false;
}

/** Why a given source is not used. */
export interface UnusedSource {
  /** Position among the given sources, from 1. */
  id: number;
  /** Its title in quotation marks, or host and path of its URL. */
  name: string;
  /** Completes "it …". */
  reason: string;
}

const MAX_REASONS = 5;

/** The user gave sources and none of them can be used. */
export class NoUsableSourceError extends AppError {
  readonly code = 'NO_USABLE_SOURCE';
  readonly retryable = false;

  /** @param unused every given source with its reason; the first {@link MAX_REASONS} are shown */
  constructor(unused: readonly UnusedSource[]) {
    const shown = unused.slice(0, MAX_REASONS).map(({ id, name, reason }) => `source ${id} (${name}) ${reason}`);
    const hidden = unused.length - shown.length;
    super(['no given source could be used', ...shown, ...(hidden > 0 ? [`and ${hidden} more`] : [])].join('; '));
  }
}
