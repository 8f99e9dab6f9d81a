import {
  AlertPage,
  AuditPage,
  DeadLetterGroupPage,
  DeadLetterPage,
  DeadLetterView,
  OperationAccepted,
  OperationView,
  TaskView,
} from '@pressroom/contracts';
import { createAccessStore, createAlertStore, createDeadLetterStore, createTaskTransitionStore } from '@pressroom/db';
import { createDeadLetterWatch, createTaskTransitions } from '@pressroom/engine';
import { findPipeline } from '@pressroom/pipelines';
import { sha256Hex, silentLogger } from '@pressroom/runtime';
import { openScene, openTestDatabase, until, type OpenTestDatabase, type Scene } from '@pressroom/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { ADMIN_KEY, startTestCoordinator, type TestCoordinator } from './support/start-coordinator.ts';

const OPERATOR = 'operator-secret';
const STRANGER = 'stranger-secret';

/** The whole coordinator on real stores; the test stands in for the workers. */
describe('dead letters over REST', () => {
  let db: OpenTestDatabase;
  let scene: Scene;
  let coordinator: TestCoordinator;
  let sessionId: string;
  const log = silentLogger();

  beforeAll(async () => {
    db = await openTestDatabase();
    scene = await openScene(db);
    sessionId = await scene.addSession();
    coordinator = await startTestCoordinator(db.url);
    const access = createAccessStore(db.database);
    await access.addKey({ role: 'operate', tenantId: scene.tenantId, secretHash: sha256Hex(OPERATOR) });
    await access.addKey({ role: 'operate', tenantId: await scene.addTenant(), secretHash: sha256Hex(STRANGER) });
  });
  afterAll(async () => {
    await coordinator.stop();
    await db.close();
  });

  const call = async (method: string, path: string, json?: unknown, key = OPERATOR) => {
    const response = await fetch(`${coordinator.url}/v1${path}`, {
      method,
      headers: { Authorization: `Bearer ${key}`, ...(json !== undefined && { 'Content-Type': 'application/json' }) },
      ...(json !== undefined && { body: JSON.stringify(json) }),
    });
    return { status: response.status, body: await response.json() };
  };

  /** Submits an article and lets its research die for good; answers the task and its dead letter. */
  const aDeadTask = async (
    message = 'none of the 3 sources could be read',
  ): Promise<{ taskId: string; deadLetterId: string }> => {
    const input = { topic: 'Lighthouses', sources: [{ url: 'https://gone.example/a' }] };
    const { body } = await call('POST', '/tasks', { type: 'article', input });
    const taskId = (body as { id: string }).id;
    await die(taskId, message);
    const deadLetters = DeadLetterPage.parse((await call('GET', '/dead-letters?state=open')).body).items;
    const deadLetter = deadLetters.find((candidate) => candidate.taskId === taskId);
    if (!deadLetter) throw new Error('no dead letter');
    return { taskId, deadLetterId: deadLetter.id };
  };
  const die = async (taskId: string, message: string): Promise<void> => {
    const transitions = createTaskTransitions({
      store: createTaskTransitionStore(db.database),
      findPipeline,
      random: () => 0,
      log,
    });
    const [step] = await db.sql<{ id: string; attempt: number }>(
      `UPDATE step SET status = 'queued' WHERE task_id = $1 AND key = 'research' RETURNING id, attempt`,
      [taskId],
    );
    if (!step) throw new Error('no research step');
    const attempt = await scene.acquire(sessionId, step.id, step.attempt + 1);
    await transitions.fail(taskId, {
      stepId: step.id,
      attempt: attempt.attempt,
      sessionId,
      failure: {
        code: 'NO_USABLE_SOURCE',
        message,
        retryable: false,
        counts: true,
        retryAfterMs: 0,
        outcome: 'failed',
        errorClass: 'NoUsableSourceError',
        topFrame: 'packages/agents/src/research/read-sources.ts:readSources',
      },
      costNano: 0n,
    });
  };

  it('show why a step failed, with its input and attempts', async () => {
    const { taskId, deadLetterId } = await aDeadTask();
    const deadLetter = DeadLetterView.parse((await call('GET', `/dead-letters/${deadLetterId}`)).body);
    expect(deadLetter).toMatchObject({
      taskId,
      stepKey: 'research',
      agent: 'research',
      taskType: 'article',
      errorCode: 'NO_USABLE_SOURCE',
      errorClass: 'NoUsableSourceError',
      topFrame: 'packages/agents/src/research/read-sources.ts:readSources',
      state: 'open',
      payload: { input: { topic: 'Lighthouses', sources: [{ url: 'https://gone.example/a' }] } },
      attempts: [{ attempt: 1, outcome: 'failed', error: { code: 'NO_USABLE_SOURCE' }, costUsd: '0.000000000' }],
    });
    expect((await call('GET', `/dead-letters/${deadLetterId}`, undefined, STRANGER)).status).toBe(404);
  });

  it('are grouped by cause, whatever numbers their messages name', async () => {
    await aDeadTask('none of the 4 sources could be read');
    await aDeadTask('none of the 17 sources could be read');
    const groups = DeadLetterGroupPage.parse(
      (await call('GET', '/dead-letters/groups?state=open&q=sources')).body,
    ).items;
    expect(groups).toHaveLength(1);
    expect(groups[0]).toMatchObject({
      errorCode: 'NO_USABLE_SOURCE',
      agents: ['research'],
      sample: 'none of the 17 sources could be read',
    });
    expect(groups[0]?.count).toBeGreaterThanOrEqual(2);
  });

  it('are redriven with a patched input, once, and are then in the audit', async () => {
    const { taskId, deadLetterId } = await aDeadTask();
    const patch = { input: { sources: [{ title: 'Notes', text: 'The lamp was lit in 1811.' }] } };
    const redriven = await call('POST', `/dead-letters/${deadLetterId}/redrive`, { patch, tier: 'T3' });
    expect(redriven).toMatchObject({
      status: 202,
      body: { id: taskId, generation: 2, restarted: ['outline', 'refine', 'research'] },
    });
    expect((await call('POST', `/dead-letters/${deadLetterId}/redrive`)).status).toBe(409);
    expect(TaskView.parse((await call('GET', `/tasks/${taskId}`)).body)).toMatchObject({
      status: 'queued',
      generation: 2,
    });
    const [step] = await db.sql<{ id: string }>(`SELECT id FROM step WHERE task_id = $1 AND key = 'research'`, [
      taskId,
    ]);
    await until(
      async () => (await db.sql(`SELECT 1 FROM step WHERE id = $1 AND status = 'queued'`, [step?.id])).length > 0,
    );
    const attempt = await scene.acquire(sessionId, step?.id ?? '', 2);
    expect(attempt).toMatchObject({
      tier: 'T3',
      generation: 2,
      input: { topic: 'Lighthouses', sources: patch.input.sources },
    });

    const audit = AuditPage.parse((await call('GET', `/audit?targetId=${deadLetterId}`)).body);
    expect(audit.items).toMatchObject([
      {
        action: 'dead_letter.redrive',
        role: 'operate',
        tenantId: scene.tenantId,
        data: { taskId, generation: 2, patched: true, tier: 'T3' },
      },
    ]);
    expect(
      AuditPage.parse((await call('GET', `/audit?targetId=${deadLetterId}`, undefined, STRANGER)).body).items,
    ).toEqual([]);
  });

  it('name the fault of a patch that the task type does not take', async () => {
    const { deadLetterId } = await aDeadTask();
    const refused = await call('POST', `/dead-letters/${deadLetterId}/redrive`, { patch: { input: { sections: 99 } } });
    expect(refused).toMatchObject({ status: 400, body: { errors: [{ path: 'patch.input.sections' }] } });
  });

  it('are redriven in bulk by an operation that can be followed', async () => {
    const message = 'the archive is closed on day 12';
    const tasks = await Promise.all([1, 2, 3].map(() => aDeadTask(message)));
    const filter = { q: 'archive closed' };
    const dry = OperationAccepted.parse((await call('POST', '/dead-letters/redrive', { filter, dryRun: true })).body);
    expect(dry.matched).toBe(3);
    const started = await call('POST', '/dead-letters/redrive', { filter, ratePerSecond: 100 });
    const { operationId } = OperationAccepted.parse(started.body);
    const operation = await until(async () => {
      const view = OperationView.parse((await call('GET', `/operations/${operationId}`)).body);
      return view.status === 'running' ? undefined : view;
    });
    expect(operation).toMatchObject({ status: 'done', matched: 3, done: 3, failed: 0 });
    for (const { taskId } of tasks)
      expect((await call('GET', `/tasks/${taskId}`)).body).toMatchObject({ generation: 2 });
    const bulk = AuditPage.parse((await call('GET', `/audit?targetId=${operationId}`)).body);
    expect(bulk.items).toMatchObject([{ action: 'dead_letter.redrive_bulk', data: { matched: 3 } }]);
    expect((await call('GET', `/operations/${operationId}`, undefined, STRANGER)).status).toBe(404);
  });

  it('can die again, and then name the one before', async () => {
    const { taskId, deadLetterId } = await aDeadTask();
    await call('POST', `/dead-letters/${deadLetterId}/redrive`);
    await die(taskId, 'none of the 3 sources could be read');
    const deadLetters = DeadLetterPage.parse((await call('GET', '/dead-letters')).body).items.filter(
      (deadLetter) => deadLetter.taskId === taskId,
    );
    expect(deadLetters).toMatchObject([
      { state: 'open', generation: 2, previousId: deadLetterId, fingerprint: deadLetters[1]?.fingerprint },
      { state: 'redriven', generation: 1, redrivenAs: 2 },
    ]);
    expect(deadLetters[0]?.attempts).toHaveLength(2);
  });

  it('record cancels, retries and deletions as well', async () => {
    const { taskId } = await aDeadTask();
    await call('POST', `/tasks/${taskId}/retry`, {});
    await call('POST', `/tasks/${taskId}/cancel`);
    const deleted = await fetch(`${coordinator.url}/v1/tasks/${taskId}`, {
      method: 'DELETE',
      headers: { Authorization: `Bearer ${OPERATOR}` },
    });
    expect(deleted.status).toBe(204);
    const audit = AuditPage.parse((await call('GET', `/audit?targetId=${taskId}`, undefined, ADMIN_KEY)).body);
    expect(audit.items.map(({ action }) => action)).toEqual(['task.delete_content', 'task.cancel', 'task.retry']);
    expect(await call('POST', `/tasks/${taskId}/retry`, {})).toMatchObject({ status: 409, body: { code: 'CONFLICT' } });
  });

  it('raise an alert when they grow, which their tenant sees', async () => {
    const deadLetters = createDeadLetterStore(db.database);
    const watch = createDeadLetterWatch({
      deadLetters,
      alerts: createAlertStore(db.database),
      growth: { windowMs: 600_000, minCount: 3, factor: 2 },
      log,
    });
    expect(await watch.checkGrowth()).toBe(2);
    expect(await watch.checkGrowth()).toBe(0);
    const { items } = AlertPage.parse((await call('GET', '/alerts')).body);
    expect(items).toMatchObject([{ kind: 'deadletter.growth', tenantId: scene.tenantId, data: { previous: 0 } }]);
    expect(AlertPage.parse((await call('GET', '/alerts', undefined, STRANGER)).body).items).toEqual([]);
    expect(AlertPage.parse((await call('GET', '/alerts', undefined, ADMIN_KEY)).body).items).toHaveLength(2);
  });
});
