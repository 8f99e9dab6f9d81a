import { describe, expect, it } from 'vitest';

import type { LoadClient } from './load-client.ts';
import { measureAcceptance, measureBurst, measureLone } from './measure-load.ts';

/** An in-memory system: accepts immediately, completes when waited for, and counts concurrent tasks. */
function aSystem(options: Partial<LoadClient> = {}) {
  const log: string[] = [];
  let open = 0;
  let mostOpen = 0;
  const client: LoadClient = {
    async submit(id) {
      open += 1;
      mostOpen = Math.max(mostOpen, open);
      await Promise.resolve();
      log.push(`submit ${id}`);
      return id;
    },
    async wait(handle) {
      await Promise.resolve();
      open -= 1;
      log.push(`wait ${String(handle)}`);
    },
    close: () => Promise.resolve(),
    ...options,
  };
  return { client, log, mostOpen: () => mostOpen };
}

/** A clock that advances by one millisecond per reading. */
const ticking = () => {
  let nowMs = 0;
  return () => nowMs++;
};

describe('measureBurst', () => {
  it('submits every task once and waits for every one', async () => {
    const { client, log } = aSystem();
    await measureBurst(client, { count: 5, prefix: 't', width: 2 });
    expect(log.toSorted()).toEqual([0, 1, 2, 3, 4].flatMap((n) => [`submit t${n}`, `wait t${n}`]).toSorted());
  });

  it('waits once for a system that reports when all tasks are done', async () => {
    const drains: string[] = [];
    const drained = () => {
      drains.push('drained');
      return Promise.resolve();
    };
    const { client, log } = aSystem({ drained });
    await measureBurst(client, { count: 3, prefix: 't', width: 2 });
    expect(log).toEqual(['submit t0', 'submit t1', 'submit t2']);
    expect(drains).toEqual(['drained']);
  });

  it('respects the concurrency limit of a system that starts accepted tasks immediately', async () => {
    const { client, mostOpen } = aSystem({ maxInFlight: 2 });
    await measureBurst(client, { count: 9, prefix: 't', width: 5 });
    expect(mostOpen()).toBe(2);
  });

  it('measures until the last task is known to be completed, and fails with the system', async () => {
    const { client } = aSystem();
    const burst = await measureBurst(client, { count: 2, prefix: 't', width: 1 }, ticking());
    expect(burst).toEqual({ wallMs: 3, acceptedMs: 2, polls: 0 });
    const broken = aSystem({ wait: () => Promise.reject(new Error('wrong result')) });
    await expect(measureBurst(broken.client, { count: 2, prefix: 't', width: 1 })).rejects.toThrow('wrong result');
  });
});

describe('a burst on a system that is verified afterwards', () => {
  it('fails when a result is wrong, and counts the polls of the burst alone', async () => {
    let polls = 7;
    const drained = () => Promise.resolve(void (polls += 3));
    const { client } = aSystem({ drained, polls: () => polls });
    expect((await measureBurst(client, { count: 1, prefix: 't', width: 1 })).polls).toBe(3);
    const wrong = aSystem({ drained, verify: () => Promise.reject(new Error('2 wrong results')) });
    await expect(measureBurst(wrong.client, { count: 1, prefix: 't', width: 1 })).rejects.toThrow('2 wrong results');
  });
});

describe('measureLone', () => {
  it('starts a task only when the previous one is completed', async () => {
    const { client, log } = aSystem();
    expect(await measureLone(client, { count: 2, prefix: 'l' }, ticking())).toEqual([1, 1]);
    expect(log).toEqual(['submit l0', 'wait l0', 'submit l1', 'wait l1']);
  });
});

describe('measureAcceptance', () => {
  it('waits for no task', async () => {
    const { client, log } = aSystem();
    await measureAcceptance(client, { count: 2, prefix: 's', width: 1 });
    expect(log).toEqual(['submit s0', 'submit s1']);
  });

  it('uses acceptance without execution if it is supported', async () => {
    const accepted: string[] = [];
    const { client, log } = aSystem({ accept: (id) => Promise.resolve(accepted.push(id)) });
    await measureAcceptance(client, { count: 2, prefix: 's', width: 1 });
    expect({ accepted, log }).toEqual({ accepted: ['s0', 's1'], log: [] });
  });
});
