import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { parseUsd, type OperationView, type TaskEvent } from '@pressroom/contracts';
import { hasTestRedis, until } from '@pressroom/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { NOTES } from './support/notes-on-trees.ts';
import { startStack, type Backend, type Stack } from './support/start-stack.ts';
import { untilEnded } from './support/until-ended.ts';

const BACKENDS: Backend[] = hasTestRedis() ? ['postgres', 'redis'] : ['postgres'];
const RESEARCH_CALLS = ['research_questions', 'source_summary', 'research_notes'];

const inputAbout = (topic: string) => ({
  topic,
  sources: [{ title: 'Notes on trees', text: NOTES }],
  sections: 2,
  targetWords: 150,
});

interface LedgerRow {
  generation: number;
  step: string;
  purpose: string;
  cache: string;
  status: string;
  cost: string;
}

describe.each(BACKENDS)('redrives and retries, on %s', (backend) => {
  const home = mkdtempSync(join(tmpdir(), 'pressroom-redrive-'));
  let stack: Stack;

  beforeAll(async () => {
    const config = join(home, 'pressroom.json');
    // Immediate gateway retries and no breaker, so that the step exhausts its attempts.
    const retry = { baseMs: 1, capMs: 1, triesPerModel: 1 };
    writeFileSync(config, JSON.stringify({ gateway: { retry, breaker: { minRequests: 10_000 } } }));
    stack = await startStack({
      backend,
      provider: { latencyScale: 0.05 },
      env: { PRESSROOM_CONFIG: config },
    });
  });
  afterEach(() => {
    stack.provider.clearFaults();
  });
  afterAll(async () => {
    await stack.stop();
    rmSync(home, { recursive: true });
  });

  const ledgerOf = async (taskId: string): Promise<LedgerRow[]> => {
    const { rows } = await stack.sql.query<LedgerRow>(
      `SELECT generation, step_key AS step, purpose, cache, status, cost_nano::text AS cost FROM ledger_entry
       WHERE task_id = $1 ORDER BY created_at, id`,
      [taskId],
    );
    return rows;
  };
  const costOf = (rows: readonly LedgerRow[]): bigint => rows.reduce((sum, { cost }) => sum + BigInt(cost), 0n);
  /** Provider requests after the first `calls`. */
  const askedSince = (calls: number): string[] =>
    stack.provider
      .calls()
      .slice(calls)
      .map(({ purpose }) => purpose);
  const eventsOf = async (taskId: string): Promise<TaskEvent[]> => {
    const events: TaskEvent[] = [];
    for await (const event of stack.client.tasks.events(taskId)) events.push(event);
    return events;
  };

  it('a step exhausted by a failing provider is redriven from its dead letter, and only missing calls are paid', async () => {
    stack.provider.addFaults(
      // Defects without a repair: the step fails after the call that has found them.
      { match: { purpose: 'article_part' }, effect: { kind: 'defect', name: 'inventedSentence' } },
      { match: { purpose: 'article_patch' }, effect: { kind: 'status', status: 503 } },
    );
    const input = inputAbout('Trees in hot streets');
    const { id } = await stack.client.tasks.create({ type: 'article', input });
    const unrefined = await untilEnded(stack, id);
    expect(unrefined).toMatchObject({ status: 'partial', generation: 1 });
    expect(unrefined.limitations).toContainEqual(expect.objectContaining({ code: 'STEP_FAILED', step: 'refine' }));

    const { items } = await stack.client.deadLetters.list({ state: 'open', errorCode: 'PROVIDER_UNAVAILABLE' });
    expect(items.map(({ taskId, stepKey }) => ({ taskId, stepKey }))).toEqual([{ taskId: id, stepKey: 'refine' }]);
    const deadLetter = await stack.client.deadLetters.get(items[0]?.id ?? '');
    expect(deadLetter).toMatchObject({
      state: 'open',
      generation: 1,
      errorCode: 'PROVIDER_UNAVAILABLE',
      previousId: null,
    });
    expect(deadLetter.fingerprint).toMatch(/^[0-9a-f]{16}$/);
    expect(deadLetter.message).toContain('status 503');
    expect(deadLetter.payload).toMatchObject({ input });
    expect(deadLetter.attempts.map(({ attempt, outcome, error }) => [attempt, outcome, error?.code])).toEqual(
      [1, 2, 3, 4].map((attempt) => [attempt, 'failed', 'PROVIDER_UNAVAILABLE']),
    );
    const first = await ledgerOf(id);
    const paidSoFar = costOf(first.filter(({ step }) => step === 'refine'));
    expect(paidSoFar).toBeGreaterThan(0n);
    expect(parseUsd(deadLetter.costUsd)).toBe(paidSoFar);
    expect(deadLetter.attempts.reduce((sum, { costUsd }) => sum + parseUsd(costUsd), 0n)).toBe(paidSoFar);

    stack.provider.clearFaults();
    const before = stack.provider.calls().length;
    expect(await stack.client.deadLetters.redrive(deadLetter.id)).toMatchObject({ id, generation: 2 });
    const task = await untilEnded(stack, id);
    expect(task, JSON.stringify(task.limitations)).toMatchObject({ status: 'completed', generation: 2 });
    expect(task.limitations.map(({ code }) => code)).not.toContain('STEP_FAILED');

    // Completed steps stay; the critique was journalled before the failure and is not requested again.
    const asked = askedSince(before);
    expect(asked).toContain('article_patch');
    expect(
      asked.filter((purpose) => [...RESEARCH_CALLS, 'article_outline', 'article_critique'].includes(purpose)),
    ).toEqual([]);
    const second = (await ledgerOf(id)).filter(({ generation }) => generation === 2);
    expect(new Set(second.map(({ step }) => step))).toEqual(new Set(['refine']));
    const answers = second.map(({ purpose, cache, status }) => `${purpose} ${cache} ${status}`);
    expect(answers.filter((answer) => !answer.endsWith('miss ok'))).toEqual(['critique journal avoided']);
    expect(answers).toContain('revise miss ok');
    expect(second.filter(({ cache }) => cache === 'miss')).toHaveLength(asked.length);
    expect(costOf(second.filter(({ cache }) => cache === 'journal'))).toBe(0n);
    expect(parseUsd(task.cost.usd)).toBe(costOf(first) + costOf(second));

    expect(await stack.client.deadLetters.get(deadLetter.id)).toMatchObject({
      state: 'redriven',
      redrivenAs: 2,
      operationId: null,
      endedAt: expect.any(String) as string,
    });
    await expect(stack.client.deadLetters.redrive(deadLetter.id)).rejects.toMatchObject({ status: 409 });
    expect((await stack.client.deadLetters.list({ state: 'open' })).items).toEqual([]);
  });

  it('a bulk redrive counts first, then redrives every task of one cause at its rate, and ends as done', async () => {
    stack.provider.addFaults({ match: { purpose: 'content_brief' }, effect: { kind: 'status', status: 400 } });
    const tasks = await Promise.all(
      [1, 2, 3, 4].map((n) =>
        stack.client.tasks.create({ type: 'brief', input: inputAbout(`Street trees, part ${n}`) }),
      ),
    );
    const ids = tasks.map(({ id }) => id);
    for (const id of ids) expect((await untilEnded(stack, id)).status).toBe('failed');

    const { items: groups } = await stack.client.deadLetters.groups({ state: 'open', taskType: 'brief' });
    expect(groups).toMatchObject([{ errorCode: 'PROVIDER_BAD_REQUEST', count: ids.length, agents: ['write'] }]);
    const filter = { fingerprint: groups[0]?.fingerprint ?? '' };
    stack.provider.clearFaults();
    const before = stack.provider.calls().length;

    const rehearsal = await stack.client.deadLetters.redriveAll({ filter, dryRun: true });
    expect(rehearsal.matched).toBe(ids.length);
    expect(await stack.client.operations.get(rehearsal.operationId)).toMatchObject({
      status: 'done',
      dryRun: true,
      matched: ids.length,
      done: 0,
    });
    const { items: stillOpen } = await stack.client.deadLetters.list({ ...filter, state: 'open' });
    expect(stillOpen).toHaveLength(ids.length);

    const { operationId, matched } = await stack.client.deadLetters.redriveAll({ filter, ratePerSecond: 2 });
    expect(matched).toBe(ids.length);
    const seen: OperationView[] = [];
    await until(
      async () => {
        const operation = await stack.client.operations.get(operationId);
        seen.push(operation);
        return operation.status !== 'running';
      },
      { timeoutMs: 15_000, describe: 'the end of the bulk redrive' },
    );
    expect(seen.at(-1)).toMatchObject({ status: 'done', done: ids.length, failed: 0, lastError: null });
    const progress = seen.map(({ done }) => done);
    expect(progress).toEqual(progress.toSorted((a, b) => a - b));
    expect(progress.some((done) => done > 0 && done < ids.length)).toBe(true);

    for (const id of ids) {
      const task = await untilEnded(stack, id);
      expect(task, JSON.stringify(task.limitations)).toMatchObject({ status: 'completed', generation: 2 });
    }
    // The completed research of each task stays unchanged.
    expect(askedSince(before).filter((purpose) => RESEARCH_CALLS.includes(purpose))).toEqual([]);
    const { items: answered } = await stack.client.deadLetters.list(filter);
    expect(answered.map(({ taskId, state }) => `${taskId ?? ''} ${state}`).toSorted()).toEqual(
      ids.map((id) => `${id} redriven`).toSorted(),
    );
    expect(new Set(answered.map((deadLetter) => deadLetter.operationId))).toEqual(new Set([operationId]));
  });

  it('a retry from a step of a completed task reruns it and its successors, and keeps earlier steps', async () => {
    const { id } = await stack.client.tasks.create({ type: 'article', input: inputAbout('Trees and their soil') });
    expect(await untilEnded(stack, id)).toMatchObject({ status: 'completed', generation: 1 });
    const firstSteps = await stack.client.tasks.steps(id);
    const research = await stack.client.tasks.stepOutput(id, 'research');
    const firstLedger = await ledgerOf(id);
    const drafts = firstSteps.map(({ key }) => key).filter((key) => key.startsWith('draft-'));
    const before = stack.provider.calls().length;

    const restarted = await stack.client.tasks.retry(id, { fromStep: 'outline' });
    expect(restarted).toMatchObject({ id, generation: 2 });
    expect(restarted.restarted.toSorted()).toEqual(['outline', 'refine']);
    // The new outline adds new drafts.
    expect(restarted.removed.toSorted()).toEqual(drafts.toSorted());
    const task = await untilEnded(stack, id);
    expect(task, JSON.stringify(task.limitations)).toMatchObject({ status: 'completed', generation: 2 });

    const attempts = (steps: typeof firstSteps) =>
      new Map(steps.map(({ key, id: stepId, attempt, finishedAt }) => [key, { stepId, attempt, finishedAt }]));
    const [first, second] = [attempts(firstSteps), attempts(await stack.client.tasks.steps(id))];
    expect(second.get('research')).toEqual(first.get('research'));
    expect(await stack.client.tasks.stepOutput(id, 'research')).toEqual(research);
    for (const key of ['outline', 'refine']) {
      expect(second.get(key)?.stepId).toBe(first.get(key)?.stepId);
      expect(second.get(key)?.attempt).toBeGreaterThan(first.get(key)?.attempt ?? Infinity);
    }
    expect((await stack.client.tasks.result(id)).sections).toHaveLength(2);

    const asked = new Set(askedSince(before));
    expect([...asked].filter((purpose) => RESEARCH_CALLS.includes(purpose))).toEqual([]);
    expect(asked).toContain('article_outline');
    const ledger = await ledgerOf(id);
    expect(ledger.filter(({ generation }) => generation === 1)).toEqual(firstLedger);
    const outlined = ledger.filter(({ generation, step }) => generation === 2 && step === 'outline');
    expect(new Set(outlined.map(({ cache, status }) => `${cache} ${status}`))).toEqual(new Set(['miss ok']));
    expect(parseUsd(task.cost.usd)).toBe(costOf(ledger));

    const events = await eventsOf(id);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    const typesOf = (wanted: number) => events.filter((event) => event.generation === wanted).map(({ type }) => type);
    for (const types of [typesOf(1), typesOf(2)]) {
      expect(types.filter((type) => type === 'task.completed')).toHaveLength(1);
      expect(types.at(-1)).toBe('task.completed');
    }
    expect(typesOf(2).slice(0, 2)).toEqual(['task.retried', 'task.queued']);
    expect(events.find(({ type }) => type === 'task.retried')?.data).toMatchObject({
      cause: 'retry',
      fromStep: 'outline',
    });
    const done = events.filter(({ type, generation }) => type === 'step.completed' && generation === 2);
    expect(done.map(({ data }) => data['step'])).not.toContain('research');
  });
});
