import { indexingSteps, type SourceIndex, type SourceText } from '@pressroom/pipelines';
import { setImmediate } from 'node:timers/promises';

/** Up to 16 attempts of a process index at the same time, and each may take one turn per iteration of the event loop. */
const TURN_MS = 5;

/** Indexes sources for quality checks and yields to the event loop after every 5 ms of work. */
export async function indexInSteps(sources: readonly SourceText[]): Promise<SourceIndex> {
  const work = indexingSteps(sources);
  for (let sinceMs = performance.now(); ;) {
    const step = work.next();
    if (step.done === true) return step.value;
    if (performance.now() - sinceMs < TURN_MS) continue;
    await setImmediate();
    sinceMs = performance.now();
  }
}
