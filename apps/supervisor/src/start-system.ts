import { availableParallelism } from 'node:os';

import { findFreePort, type Clock, type Logger, type Random, type Shutdown } from '@pressroom/runtime';

import { readOrCreateAdminKey } from './admin-key.ts';
import { autoscale } from './autoscale.ts';
import { checkAddress } from './check-address.ts';
import { createChildOutput } from './child-output.ts';
import type { Config } from './config.ts';
import type { Home } from './home.ts';
import { keepPostgres } from './keep-postgres.ts';
import { ManagedProcess } from './managed-process.ts';
import { needsSimulator } from './needs-simulator.ts';
import { planCoordinator, planSimulator, planWorker, type ChildFacts } from './plan-children.ts';
import { createProcessGroup, type ProcessGroup } from './process-group.ts';
import type { StartedFacts, Terminal } from './terminal.ts';
import { toUrl } from './to-url.ts';

export const DEFAULT_PORT = 4400;
/** Workers finish the attempt they are in; what takes longer is taken over by others after the lease ends. */
const DRAIN_MS = 25_000;
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
  const simulated = needsSimulator(config);
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
  const simulator = simulated ? await group.start(planSimulator(deps)) : undefined;
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
  const resize = (workers: number) => resizeWorkers(group, facts, workers);
  const [coordinator] = await Promise.all([group.start(planCoordinator(facts)), resize(config.workers)]);
  const url = coordinator.url ?? toUrl(config.host, port);

  if (config.autoscale) {
    const maxWorkers = Math.max(config.workers, availableParallelism());
    const { workers } = config;
    void autoscale({ url, adminKey, workers, maxWorkers, resize, clock: deps.clock, log, signal: shutdown.signal });
  }
  const adminKeyFile = config.adminKey ? undefined : home.adminKeyFile;
  return { url, adminKey, adminKeyFile, simulated, logDir: home.logDir, workers: config.workers };
}

async function startDatabase(home: Home, deps: SystemDependencies): Promise<string> {
  deps.terminal.progress('Starting PostgreSQL …');
  const { log, clock, random } = deps;
  const postgres = await keepPostgres({ start: () => deps.startPostgres(home.postgresDir), log, clock, random });
  deps.shutdown.register('postgres', () => postgres.stop());
  return postgres.url;
}

async function resizeWorkers(group: ProcessGroup, facts: ChildFacts, count: number): Promise<void> {
  const numbers = group
    .names()
    .flatMap((name) => (name.startsWith('worker-') ? [Number(name.slice('worker-'.length))] : []));
  const missing = Array.from({ length: count }, (_, index) => index + 1).filter((number) => !numbers.includes(number));
  await Promise.all([
    ...missing.map((number) => group.start(planWorker(facts, number))),
    group.stop((name) => name.startsWith('worker-') && Number(name.slice('worker-'.length)) > count, DRAIN_MS),
  ]);
}
