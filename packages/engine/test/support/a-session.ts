import type { WorkerSession } from '../../src/index.ts';

/** A live session without heartbeats. */
export const aSession = (id: string): WorkerSession => ({
  id,
  active: 0,
  registerAttempt: () => () => undefined,
  onOrphan: () => undefined,
  hasBacklog: () => false,
  silentMs: () => 0,
  liveWorkers: 1,
  onHeartbeat: () => undefined,
  start: () => Promise.resolve(),
  stop: () => Promise.resolve(),
});
