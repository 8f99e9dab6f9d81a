import type { HeartbeatHandlers, HeldAttempt, Heartbeat, NewSession } from '@pressroom/db';
import { LeaseLostError, silentLogger } from '@pressroom/runtime';
import { createTestClock } from '@pressroom/testkit';
import { describe, expect, it } from 'vitest';

import { createWorkerSession } from './worker-session.ts';

const BEAT_MS = 500;
const quiet: Heartbeat = { alive: true, lost: [], orphans: [], contended: [], liveWorkers: 1, breakers: [] };

/** A heartbeat that the test triggers, answered as the test says, once each, and quietly afterwards. */
async function startSession(options: { failOpen?: number } = {}) {
  const opened: NewSession[] = [];
  const beats: { sessionId: string; held: readonly HeldAttempt[] }[] = [];
  const ended: string[] = [];
  const stalls: number[] = [];
  const answers: (Partial<Heartbeat> | Error)[] = [];
  const clock = createTestClock();
  let handlers: HeartbeatHandlers | undefined;
  let renewed: string | undefined;
  let failures = 0;
  const session = createWorkerSession({
    store: {
      open(one) {
        opened.push(one);
        if (opened.length > 1 && failures < (options.failOpen ?? 0)) {
          failures += 1;
          return Promise.reject(new Error('away'));
        }
        return Promise.resolve();
      },
      end(sessionId) {
        ended.push(sessionId);
        return Promise.resolve();
      },
    },
    startHeartbeat(settings, given) {
      handlers = given;
      renewed = settings.sessionId;
      return {
        renew: (id) => (renewed = id),
        stop: () => {
          renewed = undefined;
          return Promise.resolve();
        },
      };
    },
    identity: { host: 'h', pid: 1, queues: ['write.interactive'], concurrency: 4, version: '0' },
    onStall: (forMs) => stalls.push(forMs),
    clock,
    log: silentLogger(),
  });
  await session.start();
  const beat = async () => {
    await clock.advance(BEAT_MS);
    if (!handlers || renewed === undefined) throw new Error('nothing beats');
    const { held } = handlers.state();
    beats.push({ sessionId: renewed, held });
    const answer = answers.shift() ?? {};
    if (answer instanceof Error) handlers.onFailed(answer.message);
    else handlers.onAnswer({ ...quiet, ...answer }, renewed);
    await clock.advance(0);
  };
  return { session, clock, opened, beats, ended, answers, stalls, beat, handlers: () => handlers };
}

const step = { stepId: 'step-1', attempt: 1 };

describe('a worker session', () => {
  it('opens with what the worker is, and beats for all it holds', async () => {
    const { session, opened, beats, beat } = await startSession();
    expect(opened).toMatchObject([{ id: session.id, host: 'h', concurrency: 4, queues: ['write.interactive'] }]);
    const release = session.hold(step.stepId, step.attempt, new AbortController());
    await beat();
    await beat();
    release();
    await beat();
    expect(beats.map((one) => one.held)).toEqual([[step], [step], []]);
    expect(session.active).toBe(0);
    await session.stop();
  });

  it('stops an attempt that the answer calls lost, and no other', async () => {
    const { session, answers, beat } = await startSession();
    const [lost, kept] = [new AbortController(), new AbortController()];
    session.hold('step-1', 1, lost);
    session.hold('step-2', 1, kept);
    answers.push({ lost: [step] });
    await beat();
    expect(lost.signal.reason).toBeInstanceOf(LeaseLostError);
    expect(kept.signal.aborted).toBe(false);
    await session.stop();
  });

  it('does not mistake the next attempt of a step for the one that was lost', async () => {
    const { session, answers, beat } = await startSession();
    const next = new AbortController();
    session.hold('step-1', 2, next);
    answers.push({ lost: [step] });
    await beat();
    expect(next.signal.aborted).toBe(false);
    await session.stop();
  });

  it('opens a new session when it was ended while it was silent, and gives up all it held', async () => {
    const { session, opened, answers, beats, beat } = await startSession();
    const before = session.id;
    const controller = new AbortController();
    session.hold(step.stepId, step.attempt, controller);
    answers.push({ alive: false, lost: [step] });
    await beat();
    expect(controller.signal.reason).toBeInstanceOf(LeaseLostError);
    expect(session.id).not.toBe(before);
    expect(opened.map((one) => one.id)).toEqual([before, session.id]);
    await beat();
    expect(beats.at(-1)?.sessionId).toBe(session.id);
    await session.stop();
  });

  it('lets attempts go on while the database is away, and knows how long it has been silent', async () => {
    const { session, answers, beat } = await startSession();
    const controller = new AbortController();
    session.hold(step.stepId, step.attempt, controller);
    answers.push(new Error('gone'), new Error('gone'), new Error('gone'));
    for (let n = 0; n < 3; n += 1) await beat();
    expect(controller.signal.aborted).toBe(false);
    expect(session.silentMs()).toBe(3 * BEAT_MS);
    await beat();
    expect(session.silentMs()).toBe(0);
    await session.stop();
  });

  it('tells in which queues others wait, as of the last heartbeat', async () => {
    const { session, answers, beat } = await startSession();
    answers.push({ contended: ['draft.batch'] });
    await beat();
    expect([session.isContended('draft.batch'), session.isContended('write.interactive')]).toEqual([true, false]);
    await beat();
    expect(session.isContended('draft.batch')).toBe(false);
    await session.stop();
  });

  describe('adopts an attempt that the database says it runs', () => {
    const adopting = async () => {
      const started = await startSession();
      const adopted: HeldAttempt[] = [];
      started.session.onOrphan((orphan) => {
        adopted.push(orphan);
        return Promise.resolve();
      });
      return { ...started, adopted };
    };

    it('after two sightings in a row: the first may be on its way to us', async () => {
      const { session, answers, beat, adopted } = await adopting();
      answers.push({ orphans: [step] }, { orphans: [step] });
      await beat();
      expect(adopted).toEqual([]);
      await beat();
      expect(adopted).toEqual([step]);
      await session.stop();
    });

    it('not when a heartbeat between them did not see it, nor when it is another attempt', async () => {
      const { session, answers, beat, adopted } = await adopting();
      answers.push({ orphans: [step] }, {}, { orphans: [step] }, { orphans: [{ ...step, attempt: 2 }] });
      for (let n = 0; n < 4; n += 1) await beat();
      expect(adopted).toEqual([]);
      await session.stop();
    });

    it('not when it has come to be held meanwhile', async () => {
      const { session, answers, beat, adopted } = await adopting();
      answers.push({ orphans: [step] }, { orphans: [step] });
      await beat();
      session.hold(step.stepId, step.attempt, new AbortController());
      await beat();
      expect(adopted).toEqual([]);
      await session.stop();
    });
  });

  it('tries again until the new session is open, and beats for none meanwhile', async () => {
    const { session, opened, answers, beat, clock } = await startSession({ failOpen: 2 });
    answers.push({ alive: false });
    await beat();
    await clock.advance(2 * BEAT_MS);
    expect(opened.map((one) => one.id).slice(1)).toEqual([session.id, session.id, session.id]);
    await session.stop();
  });

  it('ignores an answer about a session that was replaced', async () => {
    const { session, answers, beat, handlers } = await startSession();
    const before = session.id;
    answers.push({ alive: false });
    await beat();
    const now = session.id;
    handlers()?.onAnswer({ ...quiet, alive: false }, before);
    expect(session.id).toBe(now);
    await session.stop();
  });

  it('reports for how long the main thread made no progress', async () => {
    const { session, stalls, handlers } = await startSession();
    handlers()?.onStall({ forMs: 2_500, held: [step] });
    expect(stalls).toEqual([2_500]);
    await session.stop();
  });

  it('ends its session when it stops, and beats no more', async () => {
    const { session, ended, beat } = await startSession();
    await session.stop();
    await expect(beat()).rejects.toThrow('nothing beats');
    expect(ended).toEqual([session.id]);
  });
});
