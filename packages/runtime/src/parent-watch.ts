/**
 * Calls `onParentGone` once when the parent process has exited or disconnected: its IPC channel closes, even after SIGKILL.
 * Call it early in `main.ts`, with the same drain that SIGTERM starts. Without an IPC channel (started manually, or in a
 * container) it does nothing. Does not keep the process alive. Returns a function that stops watching.
 */
export function watchParent(onParentGone: () => void, channel: NodeJS.Process = process): () => void {
  if (channel.send === undefined) return () => undefined;
  if (!channel.connected) {
    queueMicrotask(onParentGone);
    return () => undefined;
  }
  channel.once('disconnect', onParentGone);
  // A listener on the channel would keep the event loop alive.
  channel.channel?.unref();
  return () => {
    channel.off('disconnect', onParentGone);
  };
}

/** Delay after the start, in which its last promises settle. */
const COLLECT_AFTER_MS = 1_000;

/**
 * Notifies the parent that this process is ready, and from now on answers its pings: the parent ends a child whose event loop
 * is blocked. Does nothing without an IPC channel. Soon after, releases memory that only the start needed: loading modules
 * leaves tens of megabytes that V8 would keep until the heap is full.
 */
export function announceReady(facts: { url?: string; port?: number } = {}, channel: NodeJS.Process = process): void {
  setTimeout(
    () => void globalThis.gc?.({ type: 'major', execution: 'async', flavor: 'last-resort' }),
    COLLECT_AFTER_MS,
  ).unref();
  if (!channel.connected) return;
  channel.on('message', (message: unknown) => {
    if ((message as { type?: unknown } | null)?.type === 'ping' && channel.connected) channel.send?.({ type: 'pong' });
  });
  // As above: the listener must not keep the process alive.
  channel.channel?.unref();
  channel.send?.({ type: 'ready', answersPings: true, ...facts });
}
