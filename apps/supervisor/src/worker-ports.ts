/**
 * Gives each worker of this machine its own port for health and metrics: the lowest from `first` that no other has.
 *
 * @param first 0: workers serve neither
 * @param names workers that run, start or drain; the port of one that is gone is free again
 */
export function createWorkerPorts(first: number, names: () => readonly string[]): (worker: string) => number {
  const ports = new Map<string, number>();
  return (worker) => {
    if (first === 0) return 0;
    const present = new Set(names());
    for (const name of ports.keys()) if (!present.has(name)) ports.delete(name);
    const taken = new Set(ports.values());
    let port = first;
    while (taken.has(port)) port += 1;
    ports.set(worker, port);
    return port;
  };
}
