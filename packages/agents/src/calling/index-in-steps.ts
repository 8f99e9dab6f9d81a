import { indexingSteps, type SourceIndex, type SourceText } from '@pressroom/pipelines';
import { inTurn } from './in-turn.ts';

const TURN_MS = 5;

/** Indexes sources for quality checks and yields to the event loop after every 5 ms of work. */
export async function indexInSteps(sources: readonly SourceText[]): Promise<SourceIndex> {
  const work = indexingSteps(sources);
  for (;;) {
    const step = await inTurn(() => {
      const endMs = performance.now() + TURN_MS;
      let next = work.next();
      while (next.done !== true && performance.now() < endMs) next = work.next();
      return next;
    });
    if (step.done === true) return step.value;
  }
}
