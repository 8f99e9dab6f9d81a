/**
 * Waits for `work`, at most `timeoutMs`: for libraries whose promises may never settle. The work is not cancelled; its late
 * result is ignored. Prefer an `AbortSignal` if the callee accepts one.
 *
 * @param onTimeout creates the error thrown after the timeout
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
