export type ServerSettings = Record<string, string>;

/** Sized for a laptop or a small container that runs coordinator and workers beside it; durable by default. */
const DEFAULTS: ServerSettings = {
  listen_addresses: '127.0.0.1',
  // Loopback TCP with a password only: a socket file has path length limits and outlives crashes.
  unix_socket_directories: '',
  max_connections: '200',
  shared_buffers: '128MB',
  fsync: 'on',
  synchronous_commit: 'on',
  max_wal_size: '1GB',
  // Queue tables are small and churn: vacuum them often. Parallel plans and JIT cost more than they give here.
  autovacuum_naptime: '10s',
  max_parallel_workers_per_gather: '0',
  jit: 'off',
  // Processes that this server has no work for: readers beside the backends, and replication.
  io_method: 'sync',
  max_logical_replication_workers: '0',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_checkpoints: 'off',
  lc_messages: 'C',
};

/** For servers that live as long as a test run: a crash may lose everything, commits cost nothing. */
export const THROWAWAY_SETTINGS: ServerSettings = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

/** Command line of `postgres`; `overrides` win over the defaults. */
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
