import { Worker } from 'node:worker_threads';

export interface ThreadLimits {
  timeMs: number;
  /** V8's heap. */
  heapMb: number;
  /** Buffers outside of the heap, which is where unpacked streams end up and V8's own limit does not reach. */
  externalMb: number;
}

/** How often the thread's memory is looked at: at the speed of an unpacker, some ten megabytes. */
const LOOK_MS = 100;
const MB = 1_048_576;

/**
 * Runs a file in a thread of its own on one message and answers with one: parsers of what strangers wrote, which may take
 * any time and memory, and would hold up every other step of the process. Undefined when the thread went over its limits
 * or broke; that is the input's fault. The thread has no environment.
 *
 * @throws the signal's reason when it aborts
 */
export async function runInThread<T>(
  file: URL,
  input: unknown,
  options: { signal: AbortSignal; limits: ThreadLimits },
): Promise<T | undefined> {
  const { signal, limits } = options;
  signal.throwIfAborted();
  const ends = AbortSignal.any([signal, AbortSignal.timeout(limits.timeMs)]);
  const thread = new Worker(file, {
    workerData: input,
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: limits.heapMb },
  });
  const { promise, resolve, reject } = Promise.withResolvers<T | undefined>();
  ends.addEventListener(
    'abort',
    () => {
      // Out of time is the input's fault and means "nothing readable"; everything else is the caller's wish.
      if (signal.aborted) reject(signal.reason as Error);
      else resolve(undefined);
    },
    { once: true },
  );
  thread.once('message', resolve);
  // Out of memory, or a bug in a parser: either way there is nothing to read.
  thread.once('error', () => {
    resolve(undefined);
  });
  thread.once('exit', () => {
    resolve(undefined);
  });
  const look = setInterval(() => {
    thread.getHeapStatistics().then(
      ({ external_memory: externalBytes }) => {
        if (externalBytes > limits.externalMb * MB) resolve(undefined);
      },
      // It is gone already.
      () => undefined,
    );
  }, LOOK_MS);
  try {
    return await promise;
  } finally {
    clearInterval(look);
    await thread.terminate();
  }
}
