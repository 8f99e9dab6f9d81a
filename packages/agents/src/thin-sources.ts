import type { Limitation } from '@pressroom/contracts';

/** The limitation of a text that is smaller than asked for because its sources carry no more; none without a shortfall. */
export const thinSources = (shortfall: string | undefined, step: string): Limitation[] =>
  shortfall === undefined ? [] : [{ code: 'SOURCES_THIN', step, message: shortfall }];
