import {
  aChain,
  aSettlement,
  aStep,
  openScene,
  openTestDatabase,
  type OpenTestDatabase,
  type Scene,
} from '@pressroom/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createEventFeed, type EventFeedStore } from '../src/index.ts';

describe('event feed', () => {
  let db: OpenTestDatabase;
  let scene: Scene;
  let feed: EventFeedStore;

  beforeAll(async () => {
    db = await openTestDatabase({ maxConnections: 12 });
    scene = await openScene(db);
    feed = createEventFeed(db.database);
  });
  afterAll(() => db.close());

  it('returns the events after each task’s cursor, in order, and marks the last event of a finished task', async () => {
    const done = await scene.running();
    await scene.settle(done.sessionId, aSettlement(done.attempt, { costNano: '5' }));
    const open = await scene.running();
    const entries = await feed.after(
      new Map([
        [done.task.id, 2],
        [open.task.id, 0],
      ]),
    );
    const of = (taskId: string) => entries.filter((entry) => entry.taskId === taskId);
    expect(of(done.task.id).map(({ event, last }) => [event.seq, event.type, last])).toEqual([
      [3, 'step.started', false],
      [4, 'step.completed', false],
      [5, 'cost.updated', false],
      [6, 'task.completed', true],
    ]);
    expect(of(done.task.id)[2]?.event.data).toEqual({ spentNano: '5' });
    expect(of(open.task.id).map(({ event, last }) => [event.seq, last])).toEqual([
      [1, false],
      [2, false],
      [3, false],
    ]);
  });

  it('returns nothing for a cursor at the end, an unknown task, or no cursor', async () => {
    const { task } = await scene.running();
    expect(await feed.after(new Map([[task.id, 3]]))).toEqual([]);
    expect(await feed.after(new Map([['00000000-0000-7000-8000-000000000000', 0]]))).toEqual([]);
    expect(await feed.after(new Map())).toEqual([]);
  });

  it('never returns a later event before an earlier one, with concurrent writers', async () => {
    const task = await scene.submit({
      steps: Array.from({ length: 24 }, (_, index) => aStep({ key: `draft-${index}` })),
    });
    const sessionId = await scene.addSession();
    const seen: number[] = [];
    let finished = false;
    const read = async () => {
      while (!finished) {
        const entries = await feed.after(new Map([[task.id, seen.at(-1) ?? 0]]));
        for (const entry of entries) {
          seen.push(entry.event.seq);
          finished ||= entry.last;
        }
      }
    };
    const write = task.steps.map(async (step) => {
      const attempt = await scene.acquire(sessionId, step.id);
      await scene.settle(sessionId, aSettlement(attempt, { costNano: '1' }));
    });
    await Promise.all([read(), ...write]);
    expect(seen).toEqual(seen.map((_, index) => index + 1));
    expect(seen).toHaveLength(1 + 1 + 24 * 3 + 1);
  });

  it('pages a long history 500 events at a time', async () => {
    const { task } = await scene.running({ steps: aChain('a') });
    await db.sql(
      `INSERT INTO task_event (task_id, seq, generation, type) SELECT $1, n, 1, 'noise' FROM generate_series(4, 900) n`,
      [task.id],
    );
    const first = await feed.after(new Map([[task.id, 0]]));
    expect(first.map((entry) => entry.event.seq)).toEqual(Array.from({ length: 500 }, (_, index) => index + 1));
    expect(await feed.after(new Map([[task.id, 500]]))).toHaveLength(400);
  });
});
