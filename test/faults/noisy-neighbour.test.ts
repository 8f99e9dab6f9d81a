import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { createClient, type PressroomClient } from '@pressroom/client';
import { NO_DEFECTS } from '@pressroom/simulator';
import { until } from '@pressroom/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { startStack, type Stack } from '../e2e/support/start-stack.ts';

/**
 * Allowed slowdown of a tenant while another floods: a factor, plus an allowance in milliseconds for a machine that also runs the
 * flood.
 */
const MEDIAN = { factor: 6, allowanceMs: 200 };
/** The allowance includes two retries of a 503, since stores may time out on an overloaded machine. */
const PERCENTILE_95 = { factor: 6, allowanceMs: 4_000 };
const WHOLE_TASK = { factor: 5, allowanceMs: 2_000 };
const MEASURED_MS = 3_500;
/** Allowed growth of a coordinator's resident memory under floods, in MB. */
const MAX_GROWTH_MB = 300;

let stack: Stack;
let quiet: PressroomClient;
let noisyKey: string;
const floods: ChildProcess[] = [];
let baseline: Figures;
let idleMb: number;
let mostMb = 0;
let watch: NodeJS.Timeout;

beforeAll(async () => {
  stack = await startStack({ backend: 'postgres', provider: { latencyScale: 0.02, defects: NO_DEFECTS } });
  const keyOf = async (name: string, maxBacklog: number): Promise<string> => {
    const tenant = await stack.client.tenants.create({ name, maxBacklog });
    return (await stack.client.tenants.createKey(tenant.id, { role: 'operate' })).secret;
  };
  quiet = createClient({ baseUrl: stack.url, apiKey: await keyOf('quiet', 10_000) });
  noisyKey = await keyOf('noisy', 500);
  await measure(); // Warms up both processes.
  baseline = await measure();
  idleMb = residentMb();
  watch = setInterval(() => {
    mostMb = Math.max(mostMb, residentMb());
  }, 20);
});
afterEach(async () => {
  await Promise.all(
    floods.splice(0).map(async (flood) => {
      flood.kill('SIGKILL');
      await once(flood, 'exit');
    }),
  );
});
afterAll(async () => {
  clearInterval(watch);
  await stack.stop();
});

interface Figures {
  p50Ms: number;
  p95Ms: number;
  requests: number;
  /** Slowest time from submission to the end of a task. */
  taskMs: number;
}

const A_TASK = {
  type: 'classify',
  input: { text: 'Lighthouses guided ships.', labels: [{ name: 'sea' }, { name: 'land' }] },
};

/** Load of the quiet tenant: four clients in closed loops, and a few tasks one after the other. */
async function measure(): Promise<Figures> {
  const untilMs = performance.now() + MEASURED_MS;
  const latencies: number[] = [];
  const timed = async <T>(call: () => Promise<T>): Promise<T> => {
    const startedMs = performance.now();
    const answer = await call();
    latencies.push(performance.now() - startedMs);
    return answer;
  };
  const reader = async (): Promise<void> => {
    while (performance.now() < untilMs) {
      const { id } = await timed(() => quiet.tasks.create({ ...A_TASK, lane: 'batch' }));
      await timed(() => quiet.tasks.get(id));
      await timed(() => quiet.tasks.list({ limit: 20 }));
      await quiet.tasks.cancel(id).catch(() => undefined);
    }
  };
  let taskMs = 0;
  const wholeTasks = async (): Promise<void> => {
    while (performance.now() < untilMs) {
      const startedMs = performance.now();
      const { id } = await quiet.tasks.create(A_TASK);
      await until(async () => (await quiet.tasks.get(id)).finishedAt !== null, { timeoutMs: 30_000 });
      taskMs = Math.max(taskMs, performance.now() - startedMs);
    }
  };
  await Promise.all([reader(), reader(), reader(), reader(), wholeTasks()]);
  latencies.sort((a, b) => a - b);
  const at = (share: number): number => latencies[Math.floor(latencies.length * share)] ?? 0;
  return { p50Ms: at(0.5), p95Ms: at(0.95), requests: latencies.length, taskMs };
}

interface FloodReport {
  counts: Record<string, number>;
  held: number;
}

async function startFlood(kind: string): Promise<() => Promise<FloodReport>> {
  const flood = fork(fileURLToPath(new URL('./support/flood.ts', import.meta.url)), [kind, stack.url, noisyKey]);
  floods.push(flood);
  await once(flood, 'message');
  return async () => {
    flood.send('report');
    return (await once(flood, 'message'))[0] as FloodReport;
  };
}

/** Resident memory of the coordinator in MB. */
function residentMb(): number {
  const status = readFileSync(`/proc/${stack.coordinators[0]?.pid ?? 0}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1_024;
}

/** Prints figures for tuning the limits. */
function show(figures: object): void {
  if (process.env['PRESSROOM_SHOW_FIGURES'] === 'true') process.stdout.write(`${JSON.stringify(figures)}\n`);
}

function expectUndisturbed(figures: Figures): void {
  expect(figures.p50Ms).toBeLessThan(baseline.p50Ms * MEDIAN.factor + MEDIAN.allowanceMs);
  expect(figures.p95Ms).toBeLessThan(baseline.p95Ms * PERCENTILE_95.factor + PERCENTILE_95.allowanceMs);
  expect(figures.taskMs).toBeLessThan(baseline.taskMs * WHOLE_TASK.factor + WHOLE_TASK.allowanceMs);
}

describe('a tenant that shares a coordinator and a worker with a flooding one', () => {
  it('is served as usual while the other submits and lists as fast as it can', async () => {
    const report = await startFlood('valid');
    const figures = await measure();
    const { counts } = await report();
    show({ baseline, figures, counts });
    expect(counts['202']).toBeGreaterThan(10);
    expectUndisturbed(figures);
  });

  it('is served as usual while the other sends malformed requests: too large, nested, slow, endless, broken', async () => {
    const report = await startFlood('poisoned');
    const figures = await measure();
    const { counts, held } = await report();
    show({ figures, counts, held, residentMb: residentMb() });
    expect((counts['400'] ?? 0) + (counts['413'] ?? 0)).toBeGreaterThan(5);
    expect(Object.keys(counts).filter((status) => status.startsWith('5'))).toEqual([]);
    expectUndisturbed(figures);
    expect(stack.coordinators[0]?.output()).not.toContain('http.failed');
  });

  it('is served, with bounded memory, while 100 bodies of 15 MB are held open', async () => {
    const report = await startFlood('held');
    await until(async () => (await report()).held === 100, { timeoutMs: 20_000 });
    const figures = await measure();
    show({ idleMb, mostMb, figures });
    expect(mostMb - idleMb).toBeLessThan(MAX_GROWTH_MB);
    expectUndisturbed(figures);
  });
});
