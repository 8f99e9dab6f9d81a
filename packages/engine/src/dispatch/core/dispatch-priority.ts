/**
 * Order in the queue store's short look-ahead: steps of begun tasks before first steps, then by priority. Lower runs first.
 */
export const dispatchPriority = (taskPriority: number, begun: boolean): number => (begun ? 0 : 10) + taskPriority;
