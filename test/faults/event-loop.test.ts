import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { findFreePort } from '@pressroom/runtime';
import { afterEach, describe, expect, it } from 'vitest';

import { sampleSources } from '../e2e/support/sources.ts';
import { startStack, type Stack } from '../e2e/support/start-stack.ts';
import { untilEnded } from '../e2e/support/until-ended.ts';

const MAX_DELAY_MS = 250;
/** Allowance for noise: the product's processes run more threads than the idle server. */
const NOISE = 3;
/** Largest source. */
const CHARACTERS = 400_000;
const fill = (unit: string, tail = ''): string => unit.repeat(Math.floor((CHARACTERS - 10) / unit.length)) + tail;

/** Texts that used to block event loops of workers or coordinators for seconds to minutes. */
const HOSTILE: Readonly<Record<string, string>> = {
  'a gap in a word': `x0${' '.repeat(399_000)}y`,
  'hair spaces': `x0${fill('\u200a', 'y')}`,
  'nested quotations': `${'>'.repeat(1_800)} a\n`.repeat(200),
  'open brackets': `a${fill('[', 'b')}`,
  'open images': `a${fill('![](', 'b')}`,
  'one word': fill('a'),
  'sentences of one word': fill('!x '),
  'figures alone': fill('1. '),
};

/** Largest text of a rewrite or of headlines. */
const TEXT_CHARACTERS = 99_900;
/** Texts of many short lines or sentences, whose cost is per line. */
const SHORT_LINES = ['- a\n', '# a\n', '|a|b|\n', '!x ', '1. ', 'é! ', '[1] ', '`a '].map((unit) =>
  unit.repeat(Math.floor(TEXT_CHARACTERS / unit.length)),
);

/** Ordinary prose of the same length, for a worker that has just started. */
const ORDINARY = Object.keys(HOSTILE).map((_, index) =>
  fill(`Street tree ${index} shades the old town, cools it by four degrees and keeps rain out of its drains. `),
);

type NewTask = Parameters<Stack['client']['tasks']['create']>[0];
const summaryOf = (text: string): NewTask => ({
  type: 'summary',
  input: { sources: [...sampleSources().slice(0, 1), { title: 'A source', text }] },
});

describe('sources of the largest size, ordinary or hostile,', () => {
  let stack: Stack | undefined;
  afterEach(async () => {
    await stack?.stop();
  });

  it(
    'delay /healthz of no coordinator and no worker by more than 250 ms, and crash no process',
    { timeout: 300_000 },
    async () => {
      const workerPort = await findFreePort();
      stack = await startStack({
        backend: 'postgres',
        env: { PRESSROOM_WORKER_HOST: '127.0.0.1', PRESSROOM_WORKER_PORT: String(workerPort) },
      });
      const running = stack;
      const urls = [`${running.url}/healthz`, `http://127.0.0.1:${workerPort}/healthz`];
      /** Longest response times of coordinator, worker and idle server while the tasks run. */
      const longestReplies = async (tasks: readonly NewTask[]): Promise<number[]> => {
        const watch = watchHealth(urls);
        try {
          const ids: string[] = [];
          for (const task of tasks) ids.push((await running.client.tasks.create(task)).id);
          for (const id of ids) expect((await untilEnded(running, id, 150_000)).finishedAt).not.toBeNull();
        } catch (error) {
          await watch.stop();
          throw error;
        }
        return watch.stop();
      };

      const floods: NewTask[][] = [
        ORDINARY.map(summaryOf),
        Object.values(HOSTILE).map(summaryOf),
        SHORT_LINES.map((text) => ({ type: 'headlines', input: { text, count: 20 } })),
        SHORT_LINES.map((text) => ({ type: 'rewrite', input: { text, audience: 'children' } })),
        SHORT_LINES.slice(0, 2).map((text) => ({
          type: 'summary',
          input: { sources: Array.from({ length: 15 }, (_, index) => ({ title: `Source ${index}`, text })) },
        })),
      ];
      for (const tasks of floods) {
        const [coordinatorMs = 0, workerMs = 0, controlMs = 0] = await longestReplies(tasks);
        if (process.env['PRESSROOM_SHOW_FIGURES'] === 'true')
          process.stderr.write(`${JSON.stringify({ coordinatorMs, workerMs, controlMs })}\n`);
        // Subtracts the delay of the idle server, which is caused by the machine.
        const mostMs = MAX_DELAY_MS + NOISE * controlMs;
        expect({ coordinatorMs, workerMs, mostMs }).toSatisfy(
          () => coordinatorMs < mostMs && workerMs < mostMs,
          'every reply within the limit',
        );
      }
      const { rows } = await running.sql.query<{ losses: number }>(
        'SELECT coalesce(sum(losses), 0)::int AS losses FROM step',
      );
      expect(rows).toEqual([{ losses: 0 }]);
    },
  );
});

/** Polls from a thread; `stop` returns the longest response time of each address, and that of an idle server. */
function watchHealth(urls: readonly string[]): { stop(): Promise<number[]> } {
  const thread = new Worker(new URL('./support/poll-health.thread.ts', import.meta.url), { workerData: urls });
  const answer = once(thread, 'message');
  answer.catch(() => undefined);
  return {
    async stop() {
      thread.postMessage('stop');
      const [longest] = (await answer) as [number[]];
      return longest;
    },
  };
}
