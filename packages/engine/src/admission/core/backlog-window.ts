/**
 * What one coordinator knows of a tenant's open tasks between two looks at the database: the count as it was read, and
 * what it has admitted itself since. Counts a task too often rather than not at all. Values; nothing is changed in place.
 */
export interface BacklogWindow {
  /** Open tasks when the database was last read. */
  openAtRead: number;
  /** Committed here since that read began: the read may or may not have seen them. */
  committedSince: number;
  /** Admitted here and not yet committed. */
  pending: number;
  /** Committed here since the read that is under way began. */
  committedDuring: number;
}

export const emptyWindow = (openTasks: number): BacklogWindow => ({
  openAtRead: openTasks,
  committedSince: 0,
  pending: 0,
  committedDuring: 0,
});

/** Would one more task be too many? */
export const isFull = (window: BacklogWindow, maxBacklog: number): boolean =>
  window.openAtRead + window.committedSince + window.pending >= maxBacklog;

export const admitted = (window: BacklogWindow): BacklogWindow => ({ ...window, pending: window.pending + 1 });

/** A submission that was admitted has come to its end. */
export const concluded = (window: BacklogWindow, committed: boolean): BacklogWindow => ({
  ...window,
  pending: window.pending - 1,
  committedSince: window.committedSince + (committed ? 1 : 0),
  committedDuring: window.committedDuring + (committed ? 1 : 0),
});

export const readBegan = (window: BacklogWindow): BacklogWindow => ({ ...window, committedDuring: 0 });

export const readEnded = (window: BacklogWindow, openTasks: number): BacklogWindow => ({
  ...window,
  openAtRead: openTasks,
  committedSince: window.committedDuring,
});
