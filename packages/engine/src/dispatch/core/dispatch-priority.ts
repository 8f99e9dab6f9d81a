/**
 * Priority of a step's job in the queue store; lower runs first. Interrupted steps come first, then steps of started tasks,
 * then first steps of new tasks; within each band by the task's priority (1 to 9).
 */
export function dispatchPriority(taskPriority: number, step: { hasStarted: boolean; interrupted: boolean }): number {
  const band = step.interrupted ? 0 : step.hasStarted ? 10 : 20;
  return band + taskPriority;
}
