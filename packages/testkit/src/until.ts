import { setTimeout as delay } from 'node:timers/promises';

/**
 * Polls until a condition holds, for tests that observe another process or a store.
 *
 * @param condition a truthy value ends the wait and is returned; a rejection counts as a failed poll
 * @throws Error after `timeoutMs`, with the last rejection as its cause
 */
export async function until<T>(
  condition: () => Promise<T> | T,
  options: { timeoutMs?: number; everyMs?: number; describe?: string } = {},
): Promise<NonNullable<T>> {
  const { timeoutMs = 5_000, everyMs = 20, describe = 'the condition' } = options;
  const deadlineMs = performance.now() + timeoutMs;
  for (;;) {
    let lastError: unknown;
    try {
      const value = await condition();
      if (value) return value;
    } catch (error) {
      lastError = error;
    }
    if (performance.now() >= deadlineMs) {
      throw new Error(`${describe} did not hold within ${timeoutMs} ms`, { cause: lastError });
    }
    await delay(everyMs);
  }
}
