import { isTerminalTask, type Gate, type TaskStatus } from '@pressroom/contracts';
import { createTaskTransitionStore } from '@pressroom/db';
import { silentLogger } from '@pressroom/runtime';
import { aPipeline, aPlannedStep, openTestDatabase, type OpenTestDatabase } from '@pressroom/testkit';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { createApprovals, type Approvals } from '../src/index.ts';
import { OPERATOR, openRun, type Run } from './support/a-run.ts';

const Sections = z.strictObject({ sections: z.array(z.string()).max(9) });

/** Research → outline (a list of sections) → one draft per section → refine, with both gates. */
const pipeline = aPipeline({
  expand: (key, output) => {
    if (key !== 'outline') return { steps: [], joins: {} };
    const steps = Sections.parse(output).sections.map((name) =>
      aPlannedStep({ key: `draft-${name}`, agent: 'draft', dependsOn: ['outline'], onExhausted: 'skip' }),
    );
    return { steps, joins: { refine: steps.map((step) => step.key) } };
  },
  assemble: (_input, outputs) => ({
    document: Object.keys(outputs).some((key) => key.startsWith('draft-')) ? aDocument : undefined,
    limitations: [],
  }),
  gates: {
    outline: {
      step: 'outline',
      output: Sections,
      validate: (edited) =>
        (edited['sections'] as string[]).filter((name) => name === 'bad').map(() => 'bad is no section'),
    },
    final: { step: 'refine', output: z.strictObject({ text: z.string() }), validate: () => [] },
  },
});
const aDocument = {
  title: 'T',
  metaDescription: '',
  keywords: [],
  lead: '',
  markdown: '',
  sections: [],
  sources: [],
  wordCount: 0,
  quality: { score: null, rounds: 0 },
};
const OUTLINE = { sections: ['a', 'b'] };

describe('approvals', () => {
  let db: OpenTestDatabase;
  let run: Run;
  let approvals: Approvals;
  let dispatchRequests = 0;

  beforeAll(async () => {
    db = await openTestDatabase();
    run = await openRun(db, pipeline);
    approvals = createApprovals({
      store: createTaskTransitionStore(db.database),
      findPipeline: () => pipeline,
      dispatcher: {
        requestDispatch: () => {
          dispatchRequests += 1;
        },
      },
      log: silentLogger(),
    });
  });
  afterAll(() => db.close());

  const approve = (taskId: string, gate: Gate, edits?: Record<string, unknown>, tenantId: string | null = null) =>
    approvals.approve(taskId, tenantId, { gate, edits, actor: OPERATOR });
  const reject = (taskId: string, gate: Gate, reason = 'too dull') =>
    approvals.reject(taskId, null, { gate, reason, actor: OPERATOR });
  const atOutline = async (facts: Parameters<Run['submit']>[0] = {}): Promise<string> => {
    const taskId = await run.submit({ approvals: ['outline'], ...facts });
    await run.complete(taskId, 'research');
    await run.complete(taskId, 'outline', { output: OUTLINE });
    return taskId;
  };
  const eventTypes = async (taskId: string) => (await run.events(taskId)).map(({ type }) => type);
  const age = (taskId: string, by: string) =>
    db.sql(
      `UPDATE task SET deadline_at = deadline_at - $2::interval, awaiting_since = awaiting_since - $2::interval WHERE id = $1`,
      [taskId, by],
    );

  it('makes the task and its successors wait after the outline, without occupying a worker', async () => {
    const taskId = await atOutline();
    expect(await run.statuses(taskId)).toEqual({ research: 'completed', outline: 'waiting', refine: 'pending' });
    expect(await run.task(taskId)).toMatchObject({ status: 'awaiting_approval', steps_left: 2 });
    expect(await run.queries.get(taskId, null)).toMatchObject({
      status: 'awaiting_approval',
      awaiting: { gate: 'outline' },
      progress: { stepsDone: 1, stepsTotal: 3 },
    });
    expect((await eventTypes(taskId)).slice(-2)).toEqual(['step.waiting', 'task.awaiting_approval']);
    expect(await db.sql('SELECT id FROM step WHERE task_id = $1 AND session_id IS NOT NULL', [taskId])).toEqual([]);
  });

  it('continues from the unchanged outline', async () => {
    const taskId = await atOutline();
    const before = dispatchRequests;
    expect(await approve(taskId, 'outline')).toMatchObject({
      outcome: 'decided',
      status: 'running',
      version: undefined,
    });
    expect(await run.statuses(taskId)).toEqual({
      research: 'completed',
      outline: 'completed',
      'draft-a': 'ready',
      'draft-b': 'ready',
      refine: 'pending',
    });
    expect(dispatchRequests).toBe(before + 1);
    for (const key of ['draft-a', 'draft-b', 'refine']) await run.complete(taskId, key);
    expect(await run.task(taskId)).toMatchObject({ status: 'completed', steps_left: 0, steps_total: 5 });
    expect(await run.queries.get(taskId, null)).not.toHaveProperty('awaiting');
  });

  it('drafts the sections of the edited outline, stored as a new version with its author', async () => {
    const taskId = await atOutline();
    const edited = await approve(taskId, 'outline', { sections: ['c', 'a', 'd'] });
    expect(edited).toMatchObject({ outcome: 'decided', version: 2 });
    expect(Object.keys(await run.statuses(taskId)).filter((key) => key.startsWith('draft'))).toEqual([
      'draft-a',
      'draft-c',
      'draft-d',
    ]);
    expect(
      await db.sql(
        `SELECT version, author, body FROM artifact WHERE task_id = $1 AND step_key = 'outline' ORDER BY version`,
        [taskId],
      ),
    ).toEqual([
      { version: 1, author: 'agent', body: OUTLINE },
      { version: 2, author: OPERATOR.keyId, body: { sections: ['c', 'a', 'd'] } },
    ]);
    expect((await run.start(taskId, 'draft-d')).outputs).toMatchObject({ outline: { sections: ['c', 'a', 'd'] } });
    expect((await run.step(taskId, 'refine')).deps_left).toBe(3);
    expect((await run.step(taskId, 'draft-d')).spawned_by).toBe('outline');
  });

  it('completes at once when the edits leave no further steps', async () => {
    const taskId = await atOutline();
    await approve(taskId, 'outline', { sections: [] });
    expect((await run.step(taskId, 'refine')).status).toBe('ready');
  });

  it.each([
    { title: 'the schema', edits: { sections: 'none' }, path: 'edits.sections' },
    { title: 'an unknown member', edits: { headings: [] }, path: 'edits' },
    { title: 'a check of the pipeline', edits: { sections: ['bad'] }, path: 'edits' },
  ])('rejects edits that violate $title, and changes nothing', async ({ edits, path }) => {
    const taskId = await atOutline();
    const seq = (await run.events(taskId)).length;
    const refused = await approve(taskId, 'outline', edits);
    expect(refused).toMatchObject({ outcome: 'invalid_edits', problems: [{ path }] });
    expect(await run.task(taskId)).toMatchObject({ status: 'awaiting_approval' });
    expect(await run.events(taskId)).toHaveLength(seq);
  });

  it('decides a gate once and refuses the second decision', async () => {
    const taskId = await atOutline();
    const decisions = await Promise.all([
      approve(taskId, 'outline'),
      approve(taskId, 'outline'),
      reject(taskId, 'outline'),
    ]);
    expect(decisions.map(({ outcome }) => outcome).sort()).toEqual(['decided', 'not_pending', 'not_pending']);
    expect(await approve(taskId, 'final')).toEqual({ outcome: 'not_pending' });
  });

  it('finds no task of another tenant', async () => {
    const taskId = await atOutline();
    expect(await approve(taskId, 'outline', undefined, await run.scene.addTenant())).toEqual({ outcome: 'not_found' });
  });

  it('waits at the final gate, and completes with the edited text', async () => {
    const taskId = await run.submit({ approvals: ['outline', 'final'] });
    await run.complete(taskId, 'research');
    await run.complete(taskId, 'outline', { output: OUTLINE });
    await approve(taskId, 'outline');
    for (const key of ['draft-a', 'draft-b', 'refine']) await run.complete(taskId, key);
    expect(await run.task(taskId)).toMatchObject({ status: 'awaiting_approval', finished: false, steps_left: 1 });
    expect(await run.queries.get(taskId, null)).toMatchObject({ awaiting: { gate: 'final' } });
    expect(await approve(taskId, 'final', { text: 'better' })).toMatchObject({ status: 'completed', version: 2 });
    expect(await run.task(taskId)).toMatchObject({ status: 'completed', finished: true, steps_left: 0 });
    expect(await run.queries.stepOutput(taskId, null, 'refine')).toEqual({ text: 'better' });
    expect((await eventTypes(taskId)).slice(-3)).toEqual(['task.approved', 'step.completed', 'task.completed']);
    expect(await approve(taskId, 'final')).toEqual({ outcome: 'finished', status: 'completed' });
  });

  it('reruns the step with all reasons so far', async () => {
    const taskId = await atOutline();
    expect(await reject(taskId, 'outline', 'too long')).toMatchObject({
      outcome: 'decided',
      status: 'running',
      rejections: 1,
    });
    const again = await run.start(taskId, 'outline');
    expect(again).toMatchObject({ attempt: 2, failures: 0, params: { rejection: { reasons: ['too long'] } } });
    await run.complete(taskId, 'outline', { output: { sections: ['z'] } });
    await reject(taskId, 'outline', 'too short');
    expect((await run.start(taskId, 'outline')).params).toEqual({ rejection: { reasons: ['too long', 'too short'] } });
    await run.complete(taskId, 'outline', { output: { sections: ['y'] } });
    await approve(taskId, 'outline');
    expect(Object.keys(await run.statuses(taskId))).toContain('draft-y');
    expect((await eventTypes(taskId)).filter((type) => type === 'task.rejected')).toHaveLength(2);
  });

  it('ends a task with the available outputs after five rejections', async () => {
    const outline = await atOutline();
    for (let n = 1; n < 5; n += 1) {
      await reject(outline, 'outline');
      await run.complete(outline, 'outline', { output: OUTLINE });
    }
    expect(await reject(outline, 'outline')).toMatchObject({ status: 'failed', rejections: 5 });
    expect(await run.task(outline)).toMatchObject({
      status: 'failed',
      error: { code: 'APPROVAL_REJECTED' },
      finished: true,
    });

    const final = await run.submit({ approvals: ['final'] });
    await run.complete(final, 'research');
    await run.complete(final, 'outline', { output: OUTLINE });
    for (const key of ['draft-a', 'draft-b']) await run.complete(final, key);
    for (let n = 1; n <= 5; n += 1) {
      await run.complete(final, 'refine');
      await reject(final, 'final');
    }
    expect(await run.task(final)).toMatchObject({
      status: 'partial',
      limitations: [{ code: 'APPROVAL_REJECTED', step: 'refine' }],
    });
    expect(await run.queries.stepOutput(final, null, 'refine')).toEqual({ text: 'refine 5' });
  });

  it('suspends the deadline during the wait', async () => {
    const taskId = await atOutline({ timeoutMs: 600_000, approvalTimeoutMs: 86_400_000 });
    const shown = (await run.queries.get(taskId, null))?.deadlineAt;
    await age(taskId, '2 hours');
    await run.transitions.endAtDeadline(taskId);
    expect((await run.task(taskId)).status).toBe('awaiting_approval');
    await approve(taskId, 'outline');
    const { deadline_in_s: left, status } = await run.task(taskId);
    expect(status).toBe('running');
    expect(left).toBeGreaterThan(590);
    expect(left).toBeLessThanOrEqual(600);
    expect(Date.parse((await run.queries.get(taskId, null))?.deadlineAt ?? '')).toBeGreaterThanOrEqual(
      Date.parse(shown ?? ''),
    );
  });

  it('ends a task when the approval times out', async () => {
    const taskId = await atOutline({ approvalTimeoutMs: 60_000 });
    await run.transitions.endAtDeadline(taskId);
    expect((await run.task(taskId)).status).toBe('awaiting_approval');
    await age(taskId, '61 seconds');
    await run.transitions.endAtDeadline(taskId);
    expect(await run.task(taskId)).toMatchObject({
      status: 'failed',
      error: { code: 'APPROVAL_EXPIRED' },
      finished: true,
    });
    expect(await approve(taskId, 'outline')).toEqual({ outcome: 'finished', status: 'failed' });
  });

  it('keeps the finished article when the final approval times out', async () => {
    const taskId = await run.submit({ approvals: ['final'] });
    await run.complete(taskId, 'research');
    await run.complete(taskId, 'outline', { output: OUTLINE });
    for (const key of ['draft-a', 'draft-b', 'refine']) await run.complete(taskId, key);
    await age(taskId, '31 days');
    await run.transitions.endAtDeadline(taskId);
    expect(await run.task(taskId)).toMatchObject({ status: 'partial', limitations: [{ code: 'APPROVAL_EXPIRED' }] });
    expect(await run.queries.stepOutput(taskId, null, 'refine')).toEqual({ text: 'refine 1' });
  });

  it('can be cancelled during the wait, and a retry waits at the gate again', async () => {
    const taskId = await atOutline();
    await run.transitions.cancel(taskId, null, OPERATOR);
    expect(await run.task(taskId)).toMatchObject({ status: 'cancelled', finished: true });
    expect(await run.statuses(taskId)).toMatchObject({ outline: 'cancelled' });
    const request = { fromStep: undefined, tier: undefined, resetCalls: undefined };
    expect(await run.restarts.retry(taskId, null, request, OPERATOR)).toMatchObject({ outcome: 'restarted' });
    await run.complete(taskId, 'outline', { output: OUTLINE });
    expect(await run.task(taskId)).toMatchObject({ status: 'awaiting_approval', generation: 2 });
  });

  it('writes audit rows of decisions', async () => {
    const taskId = await atOutline();
    await reject(taskId, 'outline', 'a secret reason');
    await run.complete(taskId, 'outline', { output: OUTLINE });
    await approve(taskId, 'outline', { sections: ['x'] });
    const { items } = await run.audit.list({ tenantId: null, targetId: taskId }, { cursor: undefined, limit: 10 });
    expect(items.map(({ action, keyId, data }) => ({ action, keyId, data }))).toEqual([
      { action: 'task.approve', keyId: OPERATOR.keyId, data: { gate: 'outline', generation: 1, version: 3 } },
      { action: 'task.reject', keyId: OPERATOR.keyId, data: { gate: 'outline', generation: 1 } },
    ]);
    expect(JSON.stringify(items)).not.toContain('secret');
  });

  it('ends every generation once with exact counters, for any order of decisions and attempts', async () => {
    const act = fc.constantFrom(
      'complete',
      'complete',
      'complete',
      'approve',
      'edit',
      'reject',
      'fail',
      'cancel',
      'deadline',
    );
    const acts = fc.array(fc.record({ act, pick: fc.nat(100) }), { minLength: 5, maxLength: 40 });
    let reachedGate = 0;
    await fc.assert(
      fc.asyncProperty(acts, fc.subarray(['outline', 'final'] as Gate[]), async (list, gates) => {
        const taskId = await run.submit({ approvals: gates });
        for (const { act: what, pick } of list) {
          const steps = [...(await run.steps(taskId)).values()];
          const free = steps.filter(({ status }) => ['ready', 'queued', 'running'].includes(status));
          const chosen = free[pick % Math.max(1, free.length)]?.key;
          const { status } = await run.task(taskId);
          if (status === 'awaiting_approval') reachedGate += 1;
          const gate: Gate =
            (steps.find((step) => step.status === 'waiting')?.key ?? 'outline') === 'outline' ? 'outline' : 'final';
          if (what === 'complete' && chosen !== undefined) {
            await run.complete(taskId, chosen, chosen === 'outline' ? { output: OUTLINE } : {});
          } else if (what === 'fail' && chosen !== undefined && pick % 4 === 0) await run.fail(taskId, chosen);
          else if (what === 'approve') await approve(taskId, gate);
          else if (what === 'edit')
            await approve(taskId, gate, gate === 'outline' ? { sections: ['q'] } : { text: 'e' });
          else if (what === 'reject') await reject(taskId, gate);
          else if (what === 'cancel' && pick % 10 === 0) await run.transitions.cancel(taskId, null);
          else if (what === 'deadline') await run.transitions.endAtDeadline(taskId);
          await holds(taskId);
        }
      }),
      { numRuns: 40 },
    );
    expect(reachedGate).toBeGreaterThan(5);
  });

  const holds = async (taskId: string): Promise<void> => {
    const [task] = await db.sql<{
      status: TaskStatus;
      steps_left: number;
      steps_total: number;
      awaiting_gate: string | null;
      awaiting_left_ms: string | null;
    }>('SELECT status, steps_left, steps_total, awaiting_gate, awaiting_left_ms FROM task WHERE id = $1', [taskId]);
    const statuses = Object.values(await run.statuses(taskId));
    const open = statuses.filter((status) => !['completed', 'skipped', 'dead', 'cancelled'].includes(status));
    expect(task?.steps_left).toBe(open.length);
    expect(task?.steps_total).toBe(statuses.length);
    const isWaiting = statuses.includes('waiting');
    expect(task?.status === 'awaiting_approval').toBe(isWaiting);
    expect(task?.awaiting_gate !== null).toBe(isWaiting);
    expect(task?.awaiting_left_ms !== null).toBe(isWaiting);
    const ends = (await run.events(taskId)).filter(({ type }) =>
      /^task\.(completed|partial|failed|cancelled)$/.test(type),
    );
    expect(ends).toHaveLength(task && isTerminalTask(task.status) ? 1 : 0);
    if (task && !isTerminalTask(task.status)) expect(open.length).toBeGreaterThan(0);
  };
});
