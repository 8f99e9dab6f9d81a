export type ServerSettings = Record<string, string>;

/** Sized for a laptop or a small container that also runs the coordinator and workers; durable by default. */
const DEFAULTS: ServerSettings = {
  listen_addresses: '127.0.0.1',
  // Loopback TCP only: socket files have path length limits and survive crashes.
  unix_socket_directories: '',
  max_connections: '200',
  shared_buffers: '128MB',
  fsync: 'on',
  synchronous_commit: 'on',
  max_wal_size: '1GB',
  // Frequent vacuum for small tables with many updates. Parallel plans and JIT cost more than they save here.
  autovacuum_naptime: '10s',
  max_parallel_workers_per_gather: '0',
  jit: 'off',
  // No I/O workers and no replication, which this server does not need.
  io_method: 'sync',
  max_logical_replication_workers: '0',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_checkpoints: 'off',
  lc_messages: 'C',
};

/** For servers of test runs: cheap commits, no durability. */
export const THROWAWAY_SETTINGS: ServerSettings = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

/** Command line of `postgres`; `overrides` take precedence over the defaults. */
export function toServerArguments(clusterDir: string, port: number, overrides: ServerSettings = {}): string[] {
  const settings = { ...DEFAULTS, ...overrides };
  return [
    '-D',
    clusterDir,
    '-p',
    String(port),
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ];
}
