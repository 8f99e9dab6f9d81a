import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { hasTestRedis, until } from '@pressroom/testkit';
import { describe, expect, it } from 'vitest';

import { NOTES } from '../e2e/support/notes-on-trees.ts';
import { startStack, type Backend } from '../e2e/support/start-stack.ts';

const HOUR_MS = 3_600_000;
const TASKS = 6;
const BACKENDS: Backend[] = hasTestRedis() ? ['postgres', 'redis'] : ['postgres'];
const PRELOAD = new URL('./support/shifted-clock.mjs', import.meta.url).href;

describe.each(BACKENDS)('a step of the wall clock, on %s', (backend) => {
  it('by an hour forward and back neither expires nor blocks anything', { timeout: 240_000 }, async () => {
    const directory = mkdtempSync(join(tmpdir(), 'pressroom-clock-'));
    const file = join(directory, 'offset');
    const step = (ms: number): void => {
      writeFileSync(file, String(ms));
    };
    step(0);
    const stack = await startStack({
      backend,
      provider: { latencyScale: 0.2, callCapacity: 100_000 },
      env: { NODE_OPTIONS: `--import ${PRELOAD}`, CLOCK_OFFSET_FILE: file },
    });
    try {
      const ids: string[] = [];
      const calls = (): number => stack.provider.totals().all.calls;
      // A few tasks before each step, so that it affects running calls, leases and queued jobs.
      for (const offsetMs of [HOUR_MS, -HOUR_MS, 0]) {
        for (let n = 0; n < TASKS / 3; n += 1) {
          const { id } = await stack.client.tasks.create({
            type: 'article',
            input: {
              topic: `Trees, part ${ids.length}`,
              sources: [{ title: 'Notes', text: NOTES }],
              sections: 2,
              targetWords: 150,
            },
          });
          ids.push(id);
        }
        const before = calls();
        await until(() => calls() > before, { timeoutMs: 60_000, describe: 'calls under way' });
        step(offsetMs);
        const after = calls();
        await until(() => calls() > after + 1, { timeoutMs: 60_000, describe: `calls after a step to ${offsetMs} ms` });
      }
      await until(async () => (await stack.sql.query('SELECT 1 FROM task WHERE finished_at IS NULL')).rowCount === 0, {
        timeoutMs: 120_000,
        describe: 'the end of every task',
      });
      const { rows: tasks } = await stack.sql.query<{ status: string }>('SELECT status FROM task');
      expect(tasks.map(({ status }) => status)).toEqual(ids.map(() => 'completed'));
      const { rows: attempts } = await stack.sql.query(
        `SELECT outcome, error FROM attempt WHERE outcome <> 'completed'`,
      );
      expect(attempts).toEqual([]);
      const { rows: ledger } = await stack.sql.query(
        `SELECT status, error_code FROM ledger_entry WHERE status NOT IN ('ok', 'avoided')`,
      );
      expect(ledger).toEqual([]);
      for (const started of [...stack.workers, ...stack.coordinators])
        expect(started.output()).not.toMatch(/session\.lost|step\.lost|watchdog|breaker.*open/);
    } finally {
      await stack.stop();
      rmSync(directory, { recursive: true, force: true });
    }
  });
});
