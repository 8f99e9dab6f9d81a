import { findFreePort, type Clock, type Logger, type Random, type Shutdown } from '@pressroom/runtime';

import { readOrCreateAdminKey } from './admin-key.ts';
import { autoscale } from './autoscale.ts';
import { checkAddress, checkWorkerAddresses } from './check-address.ts';
import { createChildOutput } from './child-output.ts';
import type { Config } from './config.ts';
import type { PoolSize } from './decide-pool-sizes.ts';
import type { Home } from './home.ts';
import { keepPostgres } from './keep-postgres.ts';
import { ManagedProcess } from './managed-process.ts';
import { planCoordinator, planSimulator, planWorker, type ChildFacts } from './plan-children.ts';
import { createProcessGroup, type ProcessGroup } from './process-group.ts';
import type { StartedFacts, Terminal } from './terminal.ts';
import { toUrl } from './to-url.ts';
import { createWorkerPools, WHOLE_POOL } from './worker-pools.ts';
import { createWorkerPorts } from './worker-ports.ts';

export const DEFAULT_PORT = 4400;
/** Longer than a worker's own deadlines for its drain (20 s unless `PRESSROOM_DRAIN` says less) and its end. */
const DRAIN_MS = 30_000;
const STOP_MS = 5_000;

export interface SystemDependencies {
  env: Readonly<Record<string, string | undefined>>;
  checkoutDir: string;
  startPostgres: (dataDir: string) => Promise<{ url: string; exited: Promise<unknown>; stop(): Promise<void> }>;
  migrate: (databaseUrl: string) => Promise<unknown>;
  terminal: Terminal;
  shutdown: Shutdown;
  /** Called as soon as there are children to kill on insistence. */
  onGroup: (group: ProcessGroup) => void;
  log: Logger;
  clock: Clock;
  random: Random;
}

/** Brings everything up in order; each part registers its own end before the next one starts. */
export async function startSystem(config: Config, home: Home, deps: SystemDependencies): Promise<StartedFacts> {
  const { shutdown, terminal, log } = deps;
  const port = config.port ?? (config.run ? await findFreePort(config.host) : DEFAULT_PORT);
  await checkAddress(config.host, port);
  const fixed = config.autoscale ? 0 : config.workers;
  const maxWorkers = config.autoscale ? config.maxWorkers : fixed;
  await checkWorkerAddresses(config.workerAddress.host, config.workerAddress.port, maxWorkers, { port });
  const simulated = !config.hasProvider;
  const adminKey = config.adminKey ?? readOrCreateAdminKey(home.adminKeyFile);

  const databaseUrl = config.databaseUrl ?? (await startDatabase(home, deps));
  terminal.progress('Checking the database schema …');
  await deps.migrate(databaseUrl);

  const group = createProcessGroup((spec) => {
    const output = createChildOutput(home.logDir, spec.name, (text) => {
      terminal.note(text);
    });
    return new ManagedProcess(spec, { log, clock: deps.clock, random: deps.random, output });
  });
  deps.onGroup(group);
  shutdown.register('simulator', () => group.stop(() => true, STOP_MS));
  shutdown.register('coordinator and workers', () => group.stop((name) => name !== 'simulator', DRAIN_MS));

  terminal.progress(`Starting ${simulated ? 'the offline simulator, ' : ''}the coordinator and workers …`);
  const simulator = simulated ? await group.start(planSimulator({ ...deps, home: home.directory })) : undefined;
  const simulatorUrl = simulator && (simulator.url ?? toUrl('127.0.0.1', simulator.port ?? 0));
  const { env, checkoutDir } = deps;
  const facts: ChildFacts = {
    env,
    checkoutDir,
    home: home.directory,
    host: config.host,
    port,
    databaseUrl,
    adminKey: adminKey.reveal(),
    simulatorUrl,
  };
  const portFor = createWorkerPorts(config.workerAddress.port, () => group.names());
  const pools = createWorkerPools({
    group,
    plan: (name, queues) => planWorker(facts, name, portFor(name), queues),
    drainMs: DRAIN_MS,
    log,
  });
  const [coordinator] = await Promise.all([
    group.start(planCoordinator(facts)),
    pools.resize([{ pool: WHOLE_POOL, queues: [], workers: fixed }]),
  ]);
  const url = coordinator.url ?? toUrl(config.host, port);

  if (config.autoscale) {
    const resize = (sizes: readonly PoolSize[]) => pools.resize(sizes);
    void autoscale({ url, adminKey, maxWorkers, resize, clock: deps.clock, log, signal: shutdown.signal });
  }
  const adminKeyFile = config.adminKey ? undefined : home.adminKeyFile;
  const { host: workerHost, port: workerPort } = config.workerAddress;
  const metricsUrl = workerPort === 0 ? undefined : `${toUrl(workerHost, workerPort)}/metrics`;
  return { url, adminKey, adminKeyFile, simulated, logDir: home.logDir, workers: fixed, maxWorkers, metricsUrl };
}

async function startDatabase(home: Home, deps: SystemDependencies): Promise<string> {
  deps.terminal.progress('Starting PostgreSQL …');
  const { log, clock, random } = deps;
  const postgres = await keepPostgres({ start: () => deps.startPostgres(home.postgresDir), log, clock, random });
  deps.shutdown.register('postgres', () => postgres.stop());
  return postgres.url;
}
