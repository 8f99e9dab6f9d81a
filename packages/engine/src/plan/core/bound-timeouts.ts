/**
 * Time limits of a step, each within its parent's: an attempt is not given longer than all attempts of its step together,
 * and these not longer than the whole task. Waiting for a worker is bounded apart (see `QUEUE_TIMEOUT_MS`) and, like
 * everything, by the task's deadline. Pure.
 */
export function boundTimeouts(
  step: { attemptTimeoutMs: number; totalTimeoutMs: number },
  taskTimeoutMs: number,
): { attemptTimeoutMs: number; totalTimeoutMs: number } {
  const totalTimeoutMs = Math.min(step.totalTimeoutMs, taskTimeoutMs);
  return { totalTimeoutMs, attemptTimeoutMs: Math.min(step.attemptTimeoutMs, totalTimeoutMs) };
}
