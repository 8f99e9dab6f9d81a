import { indexingSteps, type SourceIndex, type SourceText } from '@pressroom/pipelines';
import { setImmediate } from 'node:timers/promises';

/** Prepares sources for quality checks and lets the event loop go on after every few milliseconds of work. */
export async function indexInSteps(sources: readonly SourceText[]): Promise<SourceIndex> {
  const work = indexingSteps(sources);
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
    await setImmediate();
  }
}
