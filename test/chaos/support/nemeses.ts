import type { FaultRuleInput } from '@pressroom/simulator';
import type { Random } from '@pressroom/runtime';
import { until } from '@pressroom/testkit';
import { setTimeout as delay } from 'node:timers/promises';

import type { Stack } from '../../e2e/support/start-stack.ts';
import type { ChaosStores } from './stores.ts';

export interface Battlefield {
  stack: Stack;
  stores: ChaosStores;
  random: Random;
}

/** Effect of one fault on workers, for the bound on repeated calls. */
export interface Strike {
  workers: number;
  /** Tasks that the fault submitted itself, by idempotency key. */
  accepted?: readonly (readonly [key: string, id: string])[];
}

export type Nemesis = (field: Battlefield) => Promise<Strike>;

/** Ways in which a poison step crashes its process at once, see `poisoned-agents.ts`. */
const POISONS = ['abort', 'kill', 'block'];
/** Longer than a session's TTL: the process continues after its steps were released. */
const FREEZE_MS = 6_500;
/** Longer than all lock time-outs and retries plus one run of the sweeps. */
const LOCK_MS = 4_000;
const pick = <T>(list: readonly T[], random: Random): T => list[Math.floor(random() * list.length)] as T;

const alive = async <P extends { exited: Promise<unknown> }>(processes: readonly P[]): Promise<P[]> => {
  const states = await Promise.all(
    // One event-loop turn later, because a settled `exited` resolves after an already resolved promise.
    processes.map((process) =>
      Promise.race([process.exited.then(() => false), new Promise<boolean>((resolve) => setImmediate(resolve, true))]),
    ),
  );
  return processes.filter((_, index) => states[index]);
};

const storm =
  (effect: FaultRuleInput['effect'], probability: number): Nemesis =>
  async ({ stack }) => {
    stack.provider.addFaults({ match: { probability }, effect, forMs: 2_500 });
    await delay(2_500);
    return { workers: 0 };
  };

/** All faults by name. The system can recover from each without help. */
export const NEMESES: Readonly<Record<string, Nemesis>> = {
  'worker SIGKILL': async ({ stack, random }) => {
    pick(await alive(stack.workers), random).kill('SIGKILL');
    await stack.startWorker();
    return { workers: 1 };
  },
  'worker SIGSTOP longer than its lease': async ({ stack, random }) => {
    const worker = pick(await alive(stack.workers), random);
    worker.kill('SIGSTOP');
    await delay(FREEZE_MS);
    worker.kill('SIGCONT');
    return { workers: 1 };
  },
  'poison step': async ({ stack, random }) => {
    const idempotencyKey = `poison-${stack.workers.length}`;
    const input = { topic: `poison:${pick(POISONS, random)}`, sources: [{ text: 'None of this is read.' }] };
    const { id } = await stack.client.tasks.create({ type: 'article', input, budgetUsd: '1' }, { idempotencyKey });
    const size = (await alive(stack.workers)).length;
    let workers = 0;
    await until(
      async () => {
        for (let living = (await alive(stack.workers)).length; living < size; living += 1) {
          // It may run the poison step, and crash, before it is ready.
          await stack.startWorker().catch(() => undefined);
          workers += 1;
        }
        const { rows } = await stack.sql.query(
          `SELECT 1 FROM step WHERE task_id = $1 AND (losses >= 2 OR finished_at IS NOT NULL)`,
          [id],
        );
        return rows.length > 0;
      },
      { timeoutMs: 90_000, everyMs: 200, describe: 'the poison step to be a suspect' },
    );
    // Twice, for the child processes that it crashes: each has at most the calls of its step in flight.
    return { workers: workers + 1, accepted: [[idempotencyKey, id]] };
  },
  'coordinator SIGKILL': async ({ stack }) => {
    const [first] = await alive(stack.coordinators);
    first?.kill('SIGKILL');
    await first?.exited;
    await stack.startCoordinator(stack.port).catch(() => stack.startCoordinator());
    return { workers: 0 };
  },
  'coordinator SIGSTOP': async ({ stack, random }) => {
    const coordinator = pick(await alive(stack.coordinators), random);
    coordinator.kill('SIGSTOP');
    await delay(FREEZE_MS);
    coordinator.kill('SIGCONT');
    return { workers: 0 };
  },
  'Redis SIGKILL': async ({ stores }) => {
    await stores.restartRedis();
    return { workers: 0 };
  },
  'Redis FLUSHALL': async ({ stores }) => {
    await stores.flushRedis();
    return { workers: 0 };
  },
  'Redis demoted': async ({ stores }) => {
    await stores.demoteRedis();
    return { workers: 0 };
  },
  'PostgreSQL immediate restart': async ({ stores, stack }) => {
    await stores.restartPostgres();
    // Calls in flight may be uncertain, but are never booked twice; repeats are bounded as for a killed worker.
    return { workers: stack.workers.length };
  },
  'dropped connections': async ({ stack }) => {
    await stack.sql.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database() AND usename = current_user`,
    );
    return { workers: 0 };
  },
  'locked row': async ({ stack }) => {
    const client = await stack.sql.connect();
    try {
      await client.query('BEGIN');
      await client.query(
        'SELECT 1 FROM task WHERE finished_at IS NULL ORDER BY random() LIMIT 2 FOR UPDATE SKIP LOCKED',
      );
      await client.query(
        `SELECT 1 FROM budget_counter WHERE key LIKE 'task:%' ORDER BY random() LIMIT 2 FOR UPDATE SKIP LOCKED`,
      );
      await delay(LOCK_MS);
    } finally {
      await client.query('ROLLBACK').finally(() => {
        client.release();
      });
    }
    return { workers: 0 };
  },
  'provider 429 storm': storm({ kind: 'status', status: 429, retryAfterMs: 300 }, 0.5),
  'provider 5xx storm': storm({ kind: 'status', status: 503 }, 0.5),
  'provider hangs': async ({ stack }) => {
    // Bounded by the gateway’s wait for a first event, and few, so that a run ends in time.
    stack.provider.addFaults({ match: { probability: 0.2 }, effect: { kind: 'hang' }, times: 3, forMs: 5_000 });
    await delay(1_000);
    return { workers: 0 };
  },
  // The provider bills every request it reads, which the oracle compares with the ledger.
  'provider resets': storm({ kind: 'reset' }, 0.3),
  'provider gateway timeouts': storm({ kind: 'status', status: 504 }, 0.3),
  'provider reports usage too big': storm({ kind: 'usage', lie: 'too_big' }, 0.5),
  'provider reports usage of zero': storm({ kind: 'usage', lie: 'zero' }, 0.5),
  'provider reports negative usage': storm({ kind: 'usage', lie: 'negative' }, 0.5),
  'provider reports no usage': storm({ kind: 'usage', lie: 'missing' }, 0.5),
  'provider resets and lies about usage': async (field) => {
    const { provider } = field.stack;
    for (const lie of ['too_big', 'zero', 'negative', 'missing'] as const) {
      provider.addFaults({ match: { probability: 0.15 }, effect: { kind: 'usage', lie }, forMs: 2_500 });
    }
    provider.addFaults({ match: { probability: 0.1 }, effect: { kind: 'cut', afterTokens: 30 }, forMs: 2_500 });
    return storm({ kind: 'reset' }, 0.2)(field);
  },
  'provider cuts': storm({ kind: 'cut', afterTokens: 5 }, 0.3),
};
