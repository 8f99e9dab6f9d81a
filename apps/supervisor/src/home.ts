import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { acquirePidLock, errorMessage, type PidLock } from '@pressroom/runtime';

import { StartError } from './start-error.ts';

export interface Home {
  directory: string;
  logDir: string;
  postgresDir: string;
  adminKeyFile: string;
  /** Lets other programs find the running instance; removed by `release`. */
  announce(facts: RunningInstance): void;
  release(): void;
}

export interface RunningInstance {
  pid: number;
  url: string;
}

/** The state directory belongs to a live Pressroom. */
export class HomeInUseError extends StartError {
  readonly running: RunningInstance | undefined;

  constructor(directory: string, ownerPid: number, running: RunningInstance | undefined) {
    const where = running ? ` at ${running.url}` : '';
    super(
      `Pressroom already runs on ${directory} (pid ${ownerPid})${where}. Stop it (kill ${ownerPid}), ` +
        'or set PRESSROOM_HOME to another directory.',
    );
    this.running = running;
  }
}

/** Creates and claims the state directory. Throws `HomeInUseError` while another process has it. */
export function openHome(directory: string): Home {
  const instanceFile = join(directory, 'instance.json');
  const lock = claim(directory, instanceFile);
  return {
    directory,
    logDir: join(directory, 'logs'),
    postgresDir: join(directory, 'postgres'),
    adminKeyFile: join(directory, 'admin-key'),
    announce: (facts) => {
      writeFileSync(instanceFile, `${JSON.stringify(facts)}\n`);
    },
    release: () => {
      rmSync(instanceFile, { force: true });
      lock.release();
    },
  };
}

function claim(directory: string, instanceFile: string): Extract<PidLock, { acquired: true }> {
  let lock: PidLock;
  try {
    // Others may pass through but not look around: PostgreSQL may have to run as another account.
    mkdirSync(directory, { recursive: true, mode: 0o711 });
    mkdirSync(join(directory, 'logs'), { recursive: true, mode: 0o700 });
    lock = acquirePidLock(join(directory, 'supervisor.lock'));
  } catch (error) {
    throw new StartError(
      `cannot write to ${directory} (${errorMessage(error)}): set PRESSROOM_HOME to a directory of your own`,
      {
        cause: error,
      },
    );
  }
  if (lock.acquired) return lock;
  throw new HomeInUseError(directory, lock.ownerPid, readInstance(instanceFile));
}

function readInstance(path: string): RunningInstance | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as RunningInstance;
  } catch {
    return undefined;
  }
}
