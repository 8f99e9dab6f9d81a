/**
 * Bounds the time-outs of a step: the attempt's by the step's, and the step's by the task's. The wait for a worker has a separate
 * limit (`QUEUE_TIMEOUT_MS`) and, like everything, ends at the task's deadline. Pure.
 */
export function boundTimeouts(
  step: { attemptTimeoutMs: number; totalTimeoutMs: number },
  taskTimeoutMs: number,
): { attemptTimeoutMs: number; totalTimeoutMs: number } {
  const totalTimeoutMs = Math.min(step.totalTimeoutMs, taskTimeoutMs);
  return { totalTimeoutMs, attemptTimeoutMs: Math.min(step.attemptTimeoutMs, totalTimeoutMs) };
}
