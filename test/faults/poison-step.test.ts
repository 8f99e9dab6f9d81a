import { fileURLToPath } from 'node:url';

import { NO_DEFECTS } from '@pressroom/simulator';
import { until } from '@pressroom/testkit';
import { afterEach, describe, expect, it } from 'vitest';

import { sampleSources } from '../e2e/support/sources.ts';
import { startStack, type RunningProcess, type Stack } from '../e2e/support/start-stack.ts';
import { untilEnded } from '../e2e/support/until-ended.ts';

/** The real worker, whose agents end their process where the topic says so; see test/chaos/support/poisoned-agents.ts. */
const WORKER = fileURLToPath(new URL('../chaos/worker.ts', import.meta.url));
const STALL_MS = 4_000;

describe('a step that ends the process which runs it', () => {
  let stack: Stack;
  const state = { isOver: false };
  const isOver = (): boolean => state.isOver;
  afterEach(async () => {
    state.isOver = true;
    await stack.stop();
  });

  /** Restarts a worker like a supervisor; returns the exits of its processes. */
  const superviseWorker = () => {
    const ends: { process: RunningProcess; code: number | null; signal: NodeJS.Signals | null }[] = [];
    state.isOver = false;
    const keep = async (): Promise<void> => {
      while (!isOver()) {
        const process = await stack.startWorker({ CHAOS_MAX_STALL_MS: String(STALL_MS) }).catch(() => undefined);
        if (!process) continue;
        const end = await process.exited;
        if (!isOver()) ends.push({ process, ...end });
      }
    };
    void keep();
    return ends;
  };
  const open = async () => {
    stack = await startStack({
      backend: 'postgres',
      workers: 0,
      workerProgram: WORKER,
      provider: { latencyScale: 0.3, defects: NO_DEFECTS },
    });
  };
  const submit = async (topic: string): Promise<string> => {
    const sources = sampleSources().slice(0, 1);
    const { id } = await stack.client.tasks.create({
      type: 'article',
      input: { topic, sources, sections: 2, targetWords: 200 },
    });
    return id;
  };
  const deadLettersOf = async (taskId: string) =>
    (
      await stack.sql.query<{ error_code: string; message: string }>(
        `SELECT error_code, message FROM dead_letter WHERE task_id = $1`,
        [taskId],
      )
    ).rows;
  /** What innocent tasks must not pay for the others. */
  const charged = async (ids: readonly string[]) =>
    (
      await stack.sql.query<{ key: string }>(
        `SELECT key, failures, suspect_deaths FROM step WHERE task_id = ANY ($1) AND (failures > 0 OR suspect_deaths > 0)`,
        [ids],
      )
    ).rows;

  it('becomes a dead letter with the cause, and all other tasks complete', { timeout: 240_000 }, async () => {
    await open();
    const kinds = ['abort', 'oom', 'buffers', 'kill', 'block'];
    const poison = new Map(
      await Promise.all(kinds.map(async (kind) => [kind, await submit(`poison:${kind}`)] as const)),
    );
    const innocent = await Promise.all(Array.from({ length: 8 }, (_, n) => submit(`Lighthouse number ${n}`)));
    const ends = superviseWorker();

    const deadLetters = new Map<string, { error_code: string; message: string }[]>();
    for (const [kind, id] of poison) {
      expect(await untilEnded(stack, id, 180_000)).toMatchObject({ status: 'failed', error: { code: 'STEP_CRASHED' } });
      deadLetters.set(kind, await deadLettersOf(id));
    }
    for (const id of innocent) expect(await untilEnded(stack, id, 180_000)).toMatchObject({ status: 'completed' });

    const died = (how: RegExp) => [
      {
        error_code: 'STEP_CRASHED',
        message: expect.stringMatching(
          new RegExp(`^the child process of this step crashed 3 times; last cause: ${how.source}$`),
        ) as string,
      },
    ];
    expect(Object.fromEntries(deadLetters)).toEqual({
      abort: died(/ended by SIGABRT/),
      oom: died(/out of memory, heap limit 128 MB \(SIGABRT\)/),
      buffers: died(/more than 400 MB of memory \(SIGKILL\)/),
      kill: died(/ended by SIGKILL/),
      block: died(/its event loop was blocked for \d+ s \(SIGKILL\)/),
    });
    expect(await charged(innocent)).toEqual([]);
    // After two losses the step is a suspect, and crashes no further workers.
    expect(ends.length).toBeGreaterThanOrEqual(2);
    expect(ends.length).toBeLessThanOrEqual(2 * kinds.length);
    const { rows } = await stack.sql.query(
      `SELECT (SELECT count(*)::int FROM reservation) AS held, (SELECT sum(reserved_nano)::int FROM budget_counter) AS reserved`,
    );
    expect(rows).toEqual([{ held: 0, reserved: expect.toBeOneOf([0, null]) as number | null }]);
  });

  it('by blocking its event loop crashes its worker, whose log names the running steps', async () => {
    await open();
    const id = await submit('poison:block');
    const ends = superviseWorker();
    await until(() => ends.length > 0, { timeoutMs: 60_000, describe: 'the end of the blocked worker' });
    expect(ends[0]?.signal).toBe('SIGKILL');
    const line = ends[0]?.process.output().match(/^.*event_loop\.blocked.*$/m)?.[0] ?? '{}';
    const { rows } = await stack.sql.query<{ id: string }>(`SELECT id FROM step WHERE task_id = $1 AND attempt > 0`, [
      id,
    ]);
    expect(JSON.parse(line)).toMatchObject({ level: 60, name: 'worker', steps: [{ stepId: rows[0]?.id, attempt: 1 }] });
    await until(async () => (await stack.sql.query(`SELECT 1 FROM step WHERE losses > 0`)).rowCount);
  });

  it('by an uncaught error is identified: only its step counts the failure', { timeout: 240_000 }, async () => {
    await open();
    const ends = superviseWorker();
    const innocent = await Promise.all(Array.from({ length: 4 }, (_, n) => submit(`Lighthouse number ${n}`)));
    const poison = await Promise.all(['throw', 'reject'].map((kind) => submit(`poison:${kind}`)));
    for (const id of poison) expect(await untilEnded(stack, id, 180_000)).toMatchObject({ status: 'failed' });
    for (const id of innocent) expect(await untilEnded(stack, id, 180_000)).toMatchObject({ status: 'completed' });
    expect(await charged(innocent)).toEqual([]);
    const { rows } = await stack.sql.query(`SELECT 1 FROM step WHERE task_id = ANY ($1) AND losses > 0`, [innocent]);
    expect(rows).toEqual([]);
    expect(ends.map(({ code }) => code)).toEqual(ends.map(() => 1));
    const logs = ends.map(({ process }) => process.output()).join('');
    for (const id of poison) {
      expect(await deadLettersOf(id)).toMatchObject([
        {
          error_code: 'STEP_CRASHED',
          message: expect.stringContaining('crashed 3 times; last cause: uncaught error (exit code 70)') as string,
        },
      ]);
      const line = logs.split('\n').find((each) => each.includes('process.uncaught_error') && each.includes(id));
      expect(JSON.parse(line ?? '{}')).toMatchObject({ level: 60, name: 'worker', step: 'research' });
    }
  });
});
