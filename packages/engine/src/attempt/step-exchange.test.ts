import { ALL_QUEUES, type QueueName } from '@pressroom/contracts';
import {
  RowLockedError,
  type Exchange,
  type ExchangeAnswer,
  type FreedStep,
  type SettleItem,
  type StepAttempt,
} from '@pressroom/db';
import { anAttempt, aSettlement, until } from '@pressroom/testkit';
import { describe, expect, it } from 'vitest';

import { countedSlots } from '../../test/support/counted-slots.ts';
import type { WorkerSession } from '../lease/worker-session.ts';
import type { AttemptSlot } from '../ports.ts';
import { createStepExchange } from './step-exchange.ts';

const CONCURRENCY = 8;

const session: WorkerSession = {
  id: 'session-1',
  active: 0,
  registerAttempt: () => () => undefined,
  onOrphan: () => undefined,
  hasBacklog: (queue) => queue === 'draft.interactive',
  silentMs: () => 0,
  liveWorkers: 1,
  onHeartbeat: () => undefined,
  start: () => Promise.resolve(),
  stop: () => Promise.resolve(),
};

/** A statement under way, which the test answers. */
interface Sent {
  wishes: Exchange;
  answer: (facts?: Partial<ExchangeAnswer>) => void;
  refuse: (error: Error) => void;
}

function open(options: { free?: number; queues?: readonly QueueName[]; liveWorkers?: number } = {}) {
  const sent: Sent[] = [];
  const slots = countedSlots(options.free ?? 0);
  const beside: { attempt: StepAttempt; slot: AttemptSlot }[] = [];
  const answers: ExchangeAnswer[] = [];
  const state = { isDraining: false };
  const exchange = createStepExchange({
    steps: {
      exchange: (_session, wishes) =>
        new Promise((resolve, reject) => {
          const answer = (facts: Partial<ExchangeAnswer> = {}) => {
            const outcomes = new Map(wishes.settle.map((item) => [item.stepId, 'settled'] as const));
            resolve({ outcomes, freed: [], finished: [], unfinished: [], attempts: [], locked: [], ...facts });
          };
          sent.push({ wishes, answer, refuse: reject });
        }),
      contexts: () => Promise.reject(new Error('not part of this')),
    },
    session: { ...session, liveWorkers: options.liveWorkers ?? 1 },
    slots,
    queues: options.queues ?? ALL_QUEUES,
    concurrency: CONCURRENCY,
    isDraining: () => state.isDraining,
    onAnswer: (answer) => answers.push(answer),
    runConcurrently: (attempt, slot) => beside.push({ attempt, slot }),
  });
  /** The statement of this number, once it is under way. */
  const statement = (index: number): Promise<Sent> => until(() => sent[index], { everyMs: 1 });
  return { exchange, statement, sent, slots, beside, answers, state };
}

const aJob = (stepId: string) => ({ taskId: 'task-1', stepId, attempt: 1 });
const anItem = (stepId: string, taskId = 'task-1'): SettleItem => ({
  ...aSettlement({ stepId, attempt: 1 }),
  taskId,
});
/** What a statement answers that hands on these steps of a task. */
const handingOn = (stepIds: readonly string[], taskId = 'task-1'): Pick<ExchangeAnswer, 'freed' | 'attempts'> => ({
  freed: stepIds.map((stepId): FreedStep => {
    return { kind: 'handoff', stepId, taskId, queue: 'outline.interactive', attempt: 1, priority: 5 };
  }),
  attempts: stepIds.map((stepId) => anAttempt({ stepId, taskId })),
});

describe('the step exchange', () => {
  it('sends what comes while a statement is under way together in the next one', async () => {
    const { exchange, statement, sent, answers } = open();
    const first = exchange.take(aJob('a'));
    const one = await statement(0);
    const taken = [exchange.take(aJob('b')), exchange.take(aJob('c'))];
    const settled = [exchange.settle(anItem('d'), 0), exchange.settle(anItem('e', 'task-2'), 0)];
    one.answer({ attempts: [anAttempt({ stepId: 'a' })] });
    expect(await first).toMatchObject({ stepId: 'a' });
    const two = await statement(1);
    expect(one.wishes).toMatchObject({ take: [aJob('a')], settle: [] });
    expect(two.wishes).toMatchObject({
      take: [aJob('b'), aJob('c')],
      settle: [anItem('d'), anItem('e', 'task-2')],
    });
    two.answer({
      attempts: [anAttempt({ stepId: 'c' })],
      outcomes: new Map([
        ['d', 'already'],
        ['e', 'settled'],
      ]),
    });
    expect(await Promise.all(taken)).toMatchObject([undefined, { stepId: 'c' }]);
    expect(await Promise.all(settled)).toEqual([
      { outcome: 'already', next: undefined },
      { outcome: 'settled', next: undefined },
    ]);
    expect(sent).toHaveLength(2);
    expect(answers).toHaveLength(2);
  });

  it('takes a job once that is delivered twice in a batch', async () => {
    const { exchange, statement } = open();
    const taken = [exchange.take(aJob('a')), exchange.take(aJob('a'))];
    (await statement(0)).answer({ attempts: [anAttempt({ stepId: 'a' })] });
    expect(await Promise.all(taken)).toMatchObject([{ stepId: 'a' }, undefined]);
  });

  it('gives nobody an attempt of another number than that of its job', async () => {
    const { exchange, statement } = open();
    const taken = [exchange.take({ ...aJob('a'), attempt: 2 }), exchange.take(aJob('a'))];
    (await statement(0)).answer({ attempts: [anAttempt({ stepId: 'a' })] });
    expect(await Promise.all(taken)).toMatchObject([undefined, { stepId: 'a' }]);
  });

  it('calls a settle `fenced` that the statement says nothing of', async () => {
    const { exchange, statement } = open();
    const settled = exchange.settle(anItem('a'), 0);
    (await statement(0)).answer({ outcomes: new Map() });
    expect(await settled).toEqual({ outcome: 'fenced', next: undefined });
  });

  describe('keeps slots free for what it may be handed on', () => {
    it.each([
      { title: 'none for what goes on in the slot that ends', mayFree: [1, 0, 1], free: 5, extraSlots: 0 },
      { title: 'one for each further step that a settle may free', mayFree: [4], free: 5, extraSlots: 3 },
      { title: 'those of all settles in the batch', mayFree: [4, 1, 3], free: 10, extraSlots: 5 },
      { title: 'never more than are free', mayFree: [4], free: 2, extraSlots: 2 },
      { title: 'none where none is free', mayFree: [4], free: 0, extraSlots: 0 },
      { title: 'at most 16, so that jobs are served meanwhile', mayFree: [40], free: 60, extraSlots: 16 },
    ])('$title', async ({ mayFree, free, extraSlots }) => {
      const { exchange, statement, slots } = open({ free });
      const settled = mayFree.map((most, index) => exchange.settle(anItem(`step-${index}`), most));
      const { wishes, answer } = await statement(0);
      expect(wishes.extraSlots).toBe(extraSlots);
      expect(slots.free).toBe(free - extraSlots);
      answer();
      await Promise.all(settled);
    });

    it('none for what it takes, whose slots are held already', async () => {
      const { exchange, statement, slots } = open({ free: 5 });
      const taken = exchange.take(aJob('a'));
      const { wishes, answer } = await statement(0);
      expect(wishes.extraSlots).toBe(0);
      expect(slots.free).toBe(5);
      answer();
      await taken;
    });

    it('none while draining, when it asks for nothing to be handed on', async () => {
      const { exchange, statement, slots, state } = open({ free: 5 });
      state.isDraining = true;
      const settled = exchange.settle(anItem('a'), 4);
      const { wishes, answer } = await statement(0);
      expect(wishes).toMatchObject({ extraSlots: 0, handoffQueues: [] });
      expect(slots.free).toBe(5);
      answer();
      await settled;
    });

    it('and gives back those that were not needed', async () => {
      const { exchange, statement, slots, beside } = open({ free: 3 });
      const settled = exchange.settle(anItem('a'), 4);
      (await statement(0)).answer(handingOn(['b']));
      expect(await settled).toMatchObject({ outcome: 'settled', next: { stepId: 'b' } });
      expect(slots.free).toBe(3);
      expect(beside).toEqual([]);
    });

    it('and gives all back when the statement is refused', async () => {
      const { exchange, statement, slots } = open({ free: 3 });
      const settled = exchange.settle(anItem('a'), 4);
      const { refuse } = await statement(0);
      expect(slots.free).toBe(0);
      refuse(new Error('duplicate key'));
      await expect(settled).rejects.toThrow('duplicate key');
      expect(slots.free).toBe(3);
    });
  });

  it('asks to be handed on only what it consumes, and tells where steps wait', async () => {
    const { exchange, statement } = open({ queues: ['outline.interactive', 'refine.interactive'] });
    const settled = exchange.settle(anItem('a'), 1);
    const { wishes, answer } = await statement(0);
    expect(wishes).toMatchObject({
      handoffQueues: ['outline.interactive', 'refine.interactive'],
      queuesWithBacklog: ['draft.interactive'],
    });
    answer();
    await settled;
  });

  it('lets freed steps be queued at once in proportion to the slots of all workers, one each at least', async () => {
    const roomFor = async (liveWorkers: number): Promise<number> => {
      const { exchange, statement } = open({ liveWorkers });
      const settled = exchange.settle(anItem('a'), 1);
      const { wishes, answer } = await statement(0);
      answer();
      await settled;
      return wishes.directCapacity;
    };
    const one = await roomFor(1);
    expect(one).toBeGreaterThanOrEqual(CONCURRENCY);
    expect(await roomFor(3)).toBe(3 * one);
  });

  it('runs what is handed on beyond the first step beside it, each in a slot kept free', async () => {
    const { exchange, statement, slots, beside } = open({ free: 5 });
    const settled = exchange.settle(anItem('a'), 5);
    (await statement(0)).answer(handingOn(['b', 'c', 'd']));
    expect(await settled).toMatchObject({ next: { stepId: 'b' } });
    expect(beside.map(({ attempt }) => attempt.stepId)).toEqual(['c', 'd']);
    expect(slots.free).toBe(3);
    beside.forEach(({ slot }) => {
      slot.release();
    });
    expect(slots.free).toBe(5);
  });

  it('lets two settles of one task in a batch each go on with one', async () => {
    const { exchange, statement, slots, beside } = open({ free: 4 });
    const settled = [
      exchange.settle(anItem('a'), 2),
      exchange.settle(anItem('other', 'task-2'), 2),
      exchange.settle(anItem('b'), 2),
    ];
    (await statement(0)).answer(handingOn(['c', 'd', 'e']));
    expect(await Promise.all(settled)).toMatchObject([
      { next: { stepId: 'c' } },
      { outcome: 'settled', next: undefined },
      { next: { stepId: 'd' } },
    ]);
    expect(beside.map(({ attempt }) => attempt.stepId)).toEqual(['e']);
    expect(slots.free).toBe(3);
  });

  it('runs nothing that was handed on without its context', async () => {
    const { exchange, statement, slots, beside } = open({ free: 3 });
    const settled = exchange.settle(anItem('a'), 3);
    (await statement(0)).answer({ ...handingOn(['b', 'c']), attempts: [] });
    expect(await settled).toEqual({ outcome: 'settled', next: undefined });
    expect(beside).toEqual([]);
    expect(slots.free).toBe(3);
  });

  it('runs a step once that is handed on while an old job asks for it', async () => {
    const { exchange, statement } = open({ free: 3 });
    const settled = exchange.settle(anItem('a'), 1);
    const taken = exchange.take(aJob('b'));
    (await statement(0)).answer(handingOn(['b']));
    expect([(await settled).next, await taken].filter((attempt) => attempt !== undefined)).toHaveLength(1);
  });

  describe('when another transaction holds a task', () => {
    const lockedError = new RowLockedError(new Error('canceling statement due to lock timeout'));

    it('sends the batch again without it at once, and its own wish alone', async () => {
      const { exchange, statement } = open();
      const wishes = [exchange.settle(anItem('a', 'held'), 0), exchange.settle(anItem('b', 'task-2'), 0)];
      const [held, other] = wishes;
      (await statement(0)).refuse(lockedError);
      const again = await statement(1);
      expect(again.wishes).toMatchObject({ skipLocked: true, settle: [{ stepId: 'a' }, { stepId: 'b' }] });
      again.answer({ outcomes: new Map([['b', 'settled']]), locked: ['a'] });
      expect(await other).toMatchObject({ outcome: 'settled' });
      const alone = await statement(2);
      expect(alone.wishes).toMatchObject({ skipLocked: false, settle: [{ stepId: 'a' }] });
      alone.answer();
      expect(await held).toMatchObject({ outcome: 'settled' });
    });

    it('keeps further wishes of that task out of the batches of others until one has succeeded', async () => {
      const { exchange, statement } = open();
      const first = exchange.settle(anItem('a', 'held'), 0);
      (await statement(0)).refuse(lockedError);
      (await statement(1)).answer({ outcomes: new Map(), locked: ['a'] });
      (await statement(2)).refuse(lockedError);
      await expect(first).rejects.toBe(lockedError);
      const both = [exchange.settle(anItem('a', 'held'), 0), exchange.take({ ...aJob('c'), taskId: 'task-3' })];
      const sent = [await statement(3), await statement(4)];
      expect(sent.map(({ wishes }) => wishes.settle.length + wishes.take.length)).toEqual([1, 1]);
      for (const { answer } of sent) answer();
      await Promise.all(both);
      const batched = [exchange.settle(anItem('d', 'held'), 0), exchange.settle(anItem('e', 'task-4'), 0)];
      const last = await statement(5);
      expect(last.wishes.settle).toHaveLength(2);
      last.answer();
      await Promise.all(batched);
    });

    it('leaves a job to be added again rather than hold a slot for it', async () => {
      const { exchange, statement } = open();
      const taken = exchange.take(aJob('a'));
      (await statement(0)).refuse(lockedError);
      (await statement(1)).answer({ locked: ['a'] });
      (await statement(2)).refuse(lockedError);
      expect(await taken).toBeUndefined();
    });
  });
});
