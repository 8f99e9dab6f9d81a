import { setTimeout as delay } from 'node:timers/promises';

/**
 * Waits until a condition holds, for tests that observe another process or a store: poll instead of sleeping.
 *
 * @param condition anything truthy ends the wait and is returned; a rejection counts as "not yet"
 * @throws Error after `timeoutMs`, with the last rejection as its cause
 */
export async function until<T>(
  condition: () => Promise<T> | T,
  options: { timeoutMs?: number; everyMs?: number; describe?: string } = {},
): Promise<NonNullable<T>> {
  const { timeoutMs = 5_000, everyMs = 20, describe = 'the condition' } = options;
  const giveUpAtMs = performance.now() + timeoutMs;
  for (;;) {
    let lastError: unknown;
    try {
      const value = await condition();
      if (value) return value;
    } catch (error) {
      lastError = error;
    }
    if (performance.now() >= giveUpAtMs) {
      throw new Error(`${describe} did not hold within ${timeoutMs} ms`, { cause: lastError });
    }
    await delay(everyMs);
  }
}
