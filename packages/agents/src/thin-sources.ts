import type { Limitation } from '@pressroom/contracts';

/** The limitation of a text that is shorter than requested because of its sources; none without a shortfall. */
export const thinSources = (shortfall: string | undefined, step: string): Limitation[] =>
  shortfall === undefined ? [] : [{ code: 'SOURCES_THIN', step, message: shortfall }];
