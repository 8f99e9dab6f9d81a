/**
 * Order in the queue store's short look-ahead: what was interrupted, then steps of begun tasks, then first steps; among
 * equals by priority. Lower runs first.
 */
export function dispatchPriority(taskPriority: number, step: { begun: boolean; interrupted: boolean }): number {
  const band = step.interrupted ? 0 : step.begun ? 10 : 20;
  return band + taskPriority;
}
