/**
 * One coordinator's estimate of a tenant's open tasks between two reads of the database: the last count plus its own
 * admissions since. Never counts too few. Immutable.
 */
export interface BacklogWindow {
  /** Open tasks at the last read of the database. */
  openAtRead: number;
  /** Tasks committed here since that read started, which may or may not include them. */
  committedSince: number;
  /** Admitted here and not yet committed. */
  pending: number;
  /** Tasks committed here since the current read started. */
  committedDuring: number;
}

export const emptyWindow = (openTasks: number): BacklogWindow => ({
  openAtRead: openTasks,
  committedSince: 0,
  pending: 0,
  committedDuring: 0,
});

/** Would one more task exceed the limit? */
export const isFull = (window: BacklogWindow, maxBacklog: number): boolean =>
  window.openAtRead + window.committedSince + window.pending >= maxBacklog;

export const admitted = (window: BacklogWindow): BacklogWindow => ({ ...window, pending: window.pending + 1 });

/** Records the end of an admitted submission. */
export const concluded = (window: BacklogWindow, committed: boolean): BacklogWindow => ({
  ...window,
  pending: window.pending - 1,
  committedSince: window.committedSince + (committed ? 1 : 0),
  committedDuring: window.committedDuring + (committed ? 1 : 0),
});

export const readStarted = (window: BacklogWindow): BacklogWindow => ({ ...window, committedDuring: 0 });

export const readEnded = (window: BacklogWindow, openTasks: number): BacklogWindow => ({
  ...window,
  openAtRead: openTasks,
  committedSince: window.committedDuring,
});
