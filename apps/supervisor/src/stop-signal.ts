/** Ctrl-C reaches the whole terminal at once: the shell's, npm's and the launcher's copies of it count as one. */
const SAME_SIGNAL_MS = 1_000;

/**
 * Listens to SIGINT, SIGTERM and SIGHUP. The first calls `onStop`; a further one, a second or more later, calls
 * `onInsist`.
 */
export function listenForStop(options: {
  monotonicMs: () => number;
  onStop: (signal: string) => void;
  onInsist: () => void;
  host?: Pick<NodeJS.Process, 'on'>;
}): void {
  const { monotonicMs, onStop, onInsist, host = process } = options;
  let firstMs: number | undefined;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    host.on(signal, () => {
      if (firstMs === undefined) {
        firstMs = monotonicMs();
        onStop(signal);
      } else if (monotonicMs() - firstMs >= SAME_SIGNAL_MS) onInsist();
    });
  }
}
