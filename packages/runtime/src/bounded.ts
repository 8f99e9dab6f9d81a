/**
 * Gives up waiting after `timeoutMs`: for calls into libraries that may never settle. The work itself goes on; its late
 * outcome is dropped. Prefer an `AbortSignal` wherever the callee takes one.
 *
 * @param onTimeout makes the error that the caller gets
 */
export async function bounded<T>(work: Promise<T>, timeoutMs: number, onTimeout: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(onTimeout());
    }, timeoutMs);
  });
  work.catch(() => undefined);
  try {
    return await Promise.race([work, expired]);
  } finally {
    clearTimeout(timer);
  }
}
