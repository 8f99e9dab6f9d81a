import type { HeartbeatHandlers, HeldAttempt, Heartbeat, NewSession } from '@pressroom/db';
import { LeaseLostError, silentLogger } from '@pressroom/runtime';
import { createTestClock } from '@pressroom/testkit';
import { describe, expect, it } from 'vitest';

import { createWorkerSession } from './worker-session.ts';

const HEARTBEAT_MS = 500;
const quiet: Heartbeat = { alive: true, lost: [], orphans: [], queuesWithBacklog: [], liveWorkers: 1, breakers: [] };

/** Starts a session whose heartbeats the test triggers. Each takes one of `answers`, or `quiet` when there is none. */
async function startSession(options: { failOpen?: number } = {}) {
  const opened: NewSession[] = [];
  const heartbeats: { sessionId: string; held: readonly HeldAttempt[] }[] = [];
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
          return Promise.reject(new Error('unavailable'));
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
  const heartbeat = async () => {
    await clock.advance(HEARTBEAT_MS);
    if (!handlers || renewed === undefined) throw new Error('no heartbeat runs');
    const { held } = handlers.state();
    heartbeats.push({ sessionId: renewed, held });
    const answer = answers.shift() ?? {};
    if (answer instanceof Error) handlers.onFailed(answer.message);
    else handlers.onRenewed({ ...quiet, ...answer }, renewed);
    await clock.advance(0);
  };
  return { session, clock, opened, heartbeats, ended, answers, stalls, heartbeat, handlers: () => handlers };
}

const step = { stepId: 'step-1', attempt: 1 };

describe('a worker session', () => {
  it('opens with the worker’s identity, and renews all registered attempts', async () => {
    const { session, opened, heartbeats, heartbeat } = await startSession();
    expect(opened).toMatchObject([{ id: session.id, host: 'h', concurrency: 4, queues: ['write.interactive'] }]);
    const release = session.registerAttempt(step.stepId, step.attempt, new AbortController());
    await heartbeat();
    await heartbeat();
    release();
    await heartbeat();
    expect(heartbeats.map((one) => one.held)).toEqual([[step], [step], []]);
    expect(session.active).toBe(0);
    await session.stop();
  });

  it('aborts only the attempts that the heartbeat reports as lost', async () => {
    const { session, answers, heartbeat } = await startSession();
    const [lost, other] = [new AbortController(), new AbortController()];
    session.registerAttempt('step-1', 1, lost);
    session.registerAttempt('step-2', 1, other);
    answers.push({ lost: [step] });
    await heartbeat();
    expect(lost.signal.reason).toBeInstanceOf(LeaseLostError);
    expect(other.signal.aborted).toBe(false);
    await session.stop();
  });

  it('does not abort the next attempt of a step whose previous attempt was lost', async () => {
    const { session, answers, heartbeat } = await startSession();
    const next = new AbortController();
    session.registerAttempt('step-1', 2, next);
    answers.push({ lost: [step] });
    await heartbeat();
    expect(next.signal.aborted).toBe(false);
    await session.stop();
  });

  it('opens a new session after it has expired, and aborts all registered attempts', async () => {
    const { session, opened, answers, heartbeats, heartbeat } = await startSession();
    const before = session.id;
    const controller = new AbortController();
    session.registerAttempt(step.stepId, step.attempt, controller);
    answers.push({ alive: false, lost: [step] });
    await heartbeat();
    expect(controller.signal.reason).toBeInstanceOf(LeaseLostError);
    expect(session.id).not.toBe(before);
    expect(opened.map((one) => one.id)).toEqual([before, session.id]);
    await heartbeat();
    expect(heartbeats.at(-1)?.sessionId).toBe(session.id);
    await session.stop();
  });

  it('keeps attempts running while the database is unavailable, and measures the silence', async () => {
    const { session, answers, heartbeat } = await startSession();
    const controller = new AbortController();
    session.registerAttempt(step.stepId, step.attempt, controller);
    answers.push(new Error('gone'), new Error('gone'), new Error('gone'));
    for (let n = 0; n < 3; n += 1) await heartbeat();
    expect(controller.signal.aborted).toBe(false);
    expect(session.silentMs()).toBe(3 * HEARTBEAT_MS);
    await heartbeat();
    expect(session.silentMs()).toBe(0);
    await session.stop();
  });

  it('reports the queues with a backlog at the last heartbeat', async () => {
    const { session, answers, heartbeat } = await startSession();
    answers.push({ queuesWithBacklog: ['draft.batch'] });
    await heartbeat();
    expect([session.hasBacklog('draft.batch'), session.hasBacklog('write.interactive')]).toEqual([true, false]);
    await heartbeat();
    expect(session.hasBacklog('draft.batch')).toBe(false);
    await session.stop();
  });

  describe('adopts an attempt that the database assigns to it', () => {
    const adopting = async () => {
      const started = await startSession();
      const adopted: HeldAttempt[] = [];
      started.session.onOrphan((orphan) => {
        adopted.push(orphan);
        return Promise.resolve();
      });
      return { ...started, adopted };
    };

    it('after two heartbeats in a row, since on the first the acquisition may be in transit', async () => {
      const { session, answers, heartbeat, adopted } = await adopting();
      answers.push({ orphans: [step] }, { orphans: [step] });
      await heartbeat();
      expect(adopted).toEqual([]);
      await heartbeat();
      expect(adopted).toEqual([step]);
      await session.stop();
    });

    it('but not when a heartbeat in between omits it, nor when the attempt differs', async () => {
      const { session, answers, heartbeat, adopted } = await adopting();
      answers.push({ orphans: [step] }, {}, { orphans: [step] }, { orphans: [{ ...step, attempt: 2 }] });
      for (let n = 0; n < 4; n += 1) await heartbeat();
      expect(adopted).toEqual([]);
      await session.stop();
    });

    it('but not when it was registered in the meantime', async () => {
      const { session, answers, heartbeat, adopted } = await adopting();
      answers.push({ orphans: [step] }, { orphans: [step] });
      await heartbeat();
      session.registerAttempt(step.stepId, step.attempt, new AbortController());
      await heartbeat();
      expect(adopted).toEqual([]);
      await session.stop();
    });
  });

  it('retries until the new session is open, without heartbeats in the meantime', async () => {
    const { session, opened, answers, heartbeat, clock } = await startSession({ failOpen: 2 });
    answers.push({ alive: false });
    await heartbeat();
    await clock.advance(2 * HEARTBEAT_MS);
    expect(opened.map((one) => one.id).slice(1)).toEqual([session.id, session.id, session.id]);
    await session.stop();
  });

  it('ignores the result of a heartbeat of a replaced session', async () => {
    const { session, answers, heartbeat, handlers } = await startSession();
    const before = session.id;
    answers.push({ alive: false });
    await heartbeat();
    const now = session.id;
    handlers()?.onRenewed({ ...quiet, alive: false }, before);
    expect(session.id).toBe(now);
    await session.stop();
  });

  it('reports how long the main thread was blocked', async () => {
    const { session, stalls, handlers } = await startSession();
    handlers()?.onStall({ forMs: 2_500, held: [step] });
    expect(stalls).toEqual([2_500]);
    await session.stop();
  });

  it('ends its session when it stops, and sends no more heartbeats', async () => {
    const { session, ended, heartbeat } = await startSession();
    await session.stop();
    await expect(heartbeat()).rejects.toThrow('no heartbeat runs');
    expect(ended).toEqual([session.id]);
  });
});
