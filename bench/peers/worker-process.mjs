/** Life of a peer's worker process: says when it is ready, ends with its owner or when it is told to. */
export async function runWorker(start) {
  const stop = await start(process.env);
  let ending = false;
  const end = () => {
    if (ending) return;
    ending = true;
    // What hangs while closing must not keep the process: its owner has all it wanted.
    setTimeout(() => process.exit(0), 5_000).unref();
    void Promise.resolve(stop()).finally(() => process.exit(0));
  };
  process.once('SIGTERM', end);
  process.once('disconnect', end);
  process.send?.({ type: 'ready' });
}
