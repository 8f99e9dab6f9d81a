import { join } from 'node:path';

import type { ProcessSpec } from './managed-process.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export interface ChildFacts {
  env: Environment;
  checkoutDir: string;
  home: string;
  host: string;
  port: number;
  databaseUrl: string;
  adminKey: string;
  simulatorUrl: string | undefined;
}

export function planSimulator({
  env,
  checkoutDir,
  home,
}: Pick<ChildFacts, 'env' | 'checkoutDir' | 'home'>): ProcessSpec {
  return {
    name: 'simulator',
    program: join(checkoutDir, 'apps/simulator/src/main.ts'),
    // Port 0: the system chooses; the child reports the port.
    env: { ...withoutSecrets(env), PRESSROOM_HOME: home, HOST: '127.0.0.1', PORT: '0' },
  };
}

export function planCoordinator(facts: ChildFacts): ProcessSpec {
  return {
    name: 'coordinator',
    program: join(facts.checkoutDir, 'apps/coordinator/src/main.ts'),
    env: { ...shared(facts), HOST: facts.host, PORT: String(facts.port), PRESSROOM_ADMIN_KEY: facts.adminKey },
  };
}

/**
 * @param name identifies the worker in logs
 * @param port of its health and metrics, 0 for none
 * @param queues what it serves, where that is not left to `PRESSROOM_POOLS`
 */
export function planWorker(facts: ChildFacts, name: string, port: number, queues?: readonly string[]): ProcessSpec {
  return {
    name,
    program: join(facts.checkoutDir, 'apps/worker/src/main.ts'),
    env: {
      ...shared(facts),
      // The address and the keys are the coordinator's alone.
      HOST: undefined,
      PORT: undefined,
      PRESSROOM_ADMIN_KEY: undefined,
      PRESSROOM_MONITOR_KEY: undefined,
      PRESSROOM_WORKER_PORT: String(port),
      ...(queues && { PRESSROOM_POOLS: queues.join(',') }),
    },
  };
}

const shared = ({ env, home, databaseUrl, simulatorUrl }: ChildFacts): Environment => ({
  ...env,
  PRESSROOM_HOME: home,
  DATABASE_URL: databaseUrl,
  PRESSROOM_SIMULATOR_URL: simulatorUrl ?? env['PRESSROOM_SIMULATOR_URL'],
  PRESSROOM_SIMULATOR_CONTROL_TOKEN: undefined,
});

const withoutSecrets = (env: Environment): Environment => ({
  ...env,
  DATABASE_URL: undefined,
  REDIS_URL: undefined,
  PRESSROOM_ADMIN_KEY: undefined,
  PRESSROOM_MONITOR_KEY: undefined,
});
