/** Workload W: research → outline → three drafts in parallel → refine. Every peer makes the same results as we do. */
export { makeStepResultText as work, assertFinalResult } from '../load/step-result.ts';

export const DRAFTS = ['draft-1', 'draft-2', 'draft-3'];
export const CONCURRENCY = 32;

/** Resolves by key what somebody else announces. */
export function createWaitingRoom() {
  const waiting = new Map();
  return {
    expect: (key) => new Promise((resolve) => waiting.set(key, resolve)),
    announce(key) {
      waiting.get(key)?.();
      waiting.delete(key);
    },
  };
}
