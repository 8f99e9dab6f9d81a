import type { LoadClient } from './load-client.ts';

/** Tasks submitted at once. */
export interface Burst {
  /** From the first submission until the last task is known to be completed. */
  wallMs: number;
  /** Until the last task was accepted. */
  acceptedMs: number;
  /** Polling statements of the load generator. */
  polls: number;
}

export interface Amount {
  count: number;
  /** Makes task ids unique among the measurements of one run. */
  prefix: string;
  /** Submitters, each with one request in flight. */
  width: number;
}

type Now = () => number;
const realNow: Now = () => performance.now();

/** Submits `count` tasks as fast as the system accepts them and waits for all. */
export async function measureBurst(client: LoadClient, amount: Amount, now: Now = realNow): Promise<Burst> {
  const pollsBefore = client.polls?.() ?? 0;
  const startedMs = now();
  let acceptedMs = 0;
  const waits: Promise<void>[] = [];
  const limited = client.maxInFlight !== undefined;
  await inParallel(amount.count, client.maxInFlight ?? amount.width, async (index) => {
    const handle = await client.submit(`${amount.prefix}${index}`);
    acceptedMs = now() - startedMs;
    if (limited) await client.wait(handle);
    else if (!client.drained) waits.push(client.wait(handle));
  });
  await Promise.all(waits);
  if (!limited) await client.drained?.();
  const wallMs = now() - startedMs;
  const polls = (client.polls?.() ?? 0) - pollsBefore;
  await client.verify?.();
  return { wallMs, acceptedMs, polls };
}

/** Latency of each of `count` tasks, one after another on an otherwise idle system, in milliseconds. */
export async function measureLone(
  client: LoadClient,
  amount: Pick<Amount, 'count' | 'prefix'>,
  now: Now = realNow,
): Promise<number[]> {
  const latenciesMs: number[] = [];
  for (let index = 0; index < amount.count; index += 1) {
    const startedMs = now();
    await client.wait(await client.submit(`${amount.prefix}${index}`));
    latenciesMs.push(now() - startedMs);
  }
  return latenciesMs;
}

/** Time in which the system accepts `count` tasks that do not run, in milliseconds. */
export async function measureAcceptance(client: LoadClient, amount: Amount, now: Now = realNow): Promise<number> {
  const accept = client.accept?.bind(client) ?? client.submit.bind(client);
  const startedMs = now();
  await inParallel(amount.count, amount.width, (index) => accept(`${amount.prefix}${index}`));
  return now() - startedMs;
}

async function inParallel(count: number, width: number, work: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: Math.min(width, count) }, lane));
}
