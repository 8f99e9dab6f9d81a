/**
 * Calls `onParentGone` once when the process that started this one has died or let go of it: its IPC channel closes with
 * it, even after SIGKILL. Call it early in `main.ts`, with the same drain that SIGTERM starts. Without an IPC channel
 * (started by hand, or in a container) it does nothing. Does not keep the process alive. Returns a function that stops
 * watching.
 */
export function watchParent(onParentGone: () => void, channel: NodeJS.Process = process): () => void {
  if (channel.send === undefined) return () => undefined;
  if (!channel.connected) {
    queueMicrotask(onParentGone);
    return () => undefined;
  }
  channel.once('disconnect', onParentGone);
  // A listener on the channel holds the event loop; the watch alone must not.
  channel.channel?.unref();
  return () => {
    channel.off('disconnect', onParentGone);
  };
}

/** Long enough after the start for its last promises to have settled. */
const COLLECT_AFTER_MS = 1_000;

/**
 * Tells the parent that this process serves, and from now on answers its pings: the parent ends a child whose event loop
 * is blocked. Does nothing when there is no IPC channel. Soon after, memory that only the start needed is given back:
 * loading modules leaves tens of megabytes that V8 would keep until the heap fills up.
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
  // As above: answering alone keeps no process alive.
  channel.channel?.unref();
  channel.send?.({ type: 'ready', answersPings: true, ...facts });
}
