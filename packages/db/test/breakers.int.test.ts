import { openScene, openTestDatabase, type OpenTestDatabase, type Scene } from '@pressroom/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { createBreakerStore, createSessionStore, type BreakerStore } from '../src/index.ts';

const thresholds = { windowMs: 30_000, minRequests: 6, errorThresholdPercent: 50, openMs: 15_000 };
const HOUR_MS = 3_600_000;

describe('shared breakers', () => {
  let db: OpenTestDatabase;
  let scene: Scene;
  let breakers: BreakerStore;
  let key: { provider: string; model: string };
  let nth = 0;

  beforeAll(async () => {
    db = await openTestDatabase();
    scene = await openScene(db);
    breakers = createBreakerStore(db.database);
  });
  afterAll(() => db.close());
  beforeEach(() => {
    key = { provider: 'openai', model: `model-${(nth += 1)}` };
  });

  const report = (requests: number, failures: number) => breakers.report([{ ...key, requests, failures }], thresholds);
  /** Moves the times of this breaker into the past. */
  const later = (ms: number) =>
    db.sql(
      `UPDATE breaker SET window_at = window_at - $3 * interval '1 ms', open_until = open_until - $3 * interval '1 ms',
         probe_until = probe_until - $3 * interval '1 ms' WHERE provider = $1 AND model = $2`,
      [key.provider, key.model, ms],
    );
  const open = async (): Promise<void> => {
    await report(6, 6);
  };
  const stateNow = async () => (await breakers.list()).find(({ model }) => model === key.model)?.state;

  it('open at the error rate over several processes, when no single one reaches the minimum', async () => {
    expect(await report(2, 2)).toEqual([]);
    expect(await report(2, 1)).toEqual([]);
    expect(await report(2, 2)).toMatchObject([{ ...key, probing: false }]);
    expect(await stateNow()).toBe('open');
  });

  it('stay closed below the error rate and below the minimum of requests', async () => {
    expect(await report(100, 49)).toEqual([]);
    expect(await breakers.report([{ ...key, model: 'rare', requests: 5, failures: 5 }], thresholds)).toEqual([]);
  });

  it('open only with a failure, never with successes', async () => {
    await report(5, 5);
    expect(await report(1, 0)).toEqual([]);
  });

  it('ignore requests before the window', async () => {
    await report(5, 5);
    await later(2 * thresholds.windowMs);
    expect(await report(5, 5)).toEqual([]);
  });

  it('count the previous window with the share that is still inside', async () => {
    await report(5, 5);
    await later(1.25 * thresholds.windowMs);
    // 3/4 of five, plus two: less than six.
    expect(await report(2, 2)).toEqual([]);
    expect(await report(1, 1)).toHaveLength(1);
  });

  it('add up concurrent reports, in any order', async () => {
    const reports = Array.from({ length: 24 }, () => report(1, 1));
    const answers = await Promise.all(reports);
    expect(answers.filter((answer) => answer.length > 0).length).toBeGreaterThanOrEqual(24 - 5);
    const [row] = await db.sql(`SELECT requests FROM breaker WHERE model = $1`, [key.model]);
    expect(row).toEqual({ requests: thresholds.minRequests });
  });

  it('are in every heartbeat while they are open', async () => {
    const sessionId = await scene.addSession();
    const heartbeat = async () =>
      (await createSessionStore(db.database).heartbeat(sessionId, 60_000, [], [])).breakers.filter(
        ({ model }) => model === key.model,
      );
    expect(await heartbeat()).toEqual([]);
    await open();
    const [breaker] = await heartbeat();
    expect(breaker?.openForMs).toBeGreaterThan(thresholds.openMs - 2_000);
    expect(breaker?.openForMs).toBeLessThanOrEqual(thresholds.openMs);
  });

  it('grant no probe before their time', async () => {
    await open();
    expect(await breakers.takeProbe(key, await scene.addSession(), HOUR_MS)).toMatchObject({ outcome: 'wait' });
  });

  it('grant the probe to exactly one of many processes', async () => {
    await open();
    await later(thresholds.openMs);
    const sessions = await Promise.all(Array.from({ length: 12 }, () => scene.addSession()));
    const answers = await Promise.all(sessions.map((session) => breakers.takeProbe(key, session, HOUR_MS)));
    expect(answers.filter(({ outcome }) => outcome === 'probe')).toHaveLength(1);
    expect(await stateNow()).toBe('half_open');
  });

  it('close for all processes after a successful probe, and reset their counts', async () => {
    await open();
    await later(thresholds.openMs);
    const session = await scene.addSession();
    await breakers.takeProbe(key, session, HOUR_MS);
    await breakers.endProbe(key, session, 'closed', thresholds.openMs);
    expect(await stateNow()).toBe('closed');
    expect(await breakers.takeProbe(key, await scene.addSession(), HOUR_MS)).toMatchObject({ outcome: 'closed' });
    expect(await report(5, 5)).toEqual([]);
  });

  it('open again after a failed probe, for the same time', async () => {
    await open();
    await later(thresholds.openMs);
    const session = await scene.addSession();
    await breakers.takeProbe(key, session, HOUR_MS);
    await breakers.endProbe(key, session, 'open', thresholds.openMs);
    expect(await breakers.takeProbe(key, session, HOUR_MS)).toMatchObject({ outcome: 'wait' });
    await later(thresholds.openMs);
    expect(await breakers.takeProbe(key, session, HOUR_MS)).toMatchObject({ outcome: 'probe' });
  });

  it('grant the probe of a crashed or hanging process to another', async () => {
    await open();
    await later(thresholds.openMs);
    const [dead, hung, third] = [await scene.addSession(), await scene.addSession(), await scene.addSession()];
    await breakers.takeProbe(key, dead, HOUR_MS);
    await scene.expireSession(dead);
    expect(await breakers.takeProbe(key, hung, 60_000)).toMatchObject({ outcome: 'probe' });
    expect(await breakers.takeProbe(key, third, 60_000)).toMatchObject({ outcome: 'wait' });
    await later(60_000);
    expect(await breakers.takeProbe(key, third, 60_000)).toMatchObject({ outcome: 'probe' });
    // A late process cannot end the probe.
    await breakers.endProbe(key, hung, 'closed', thresholds.openMs);
    expect(await stateNow()).toBe('half_open');
  });
});
