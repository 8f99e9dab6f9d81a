import type { AwaitingView } from '@pressroom/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { startTestServer, type TestCaller, type TestServer } from '../testing/start-test-server.ts';

const AWAITING: AwaitingView = {
  gate: 'outline',
  since: '2026-03-01T10:00:00.000Z',
  until: '2026-03-31T10:00:00.000Z',
};

let server: TestServer;
beforeEach(async () => {
  server = await startTestServer();
});
afterEach(() => server.close());

const waiting = async (): Promise<string> => {
  const id = await server.submit();
  server.stores.patchTask(id, { status: 'awaiting_approval', awaiting: AWAITING });
  return id;
};
const decide = async (id: string, what: 'approve' | 'reject', json: unknown, as: TestCaller = 'operate') => {
  const response = await server.call(`/v1/tasks/${id}/${what}`, { method: 'POST', json, as });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};

describe('POST /v1/tasks/{id}/approve', () => {
  it('continues the task, and returns the approved version', async () => {
    const id = await waiting();
    const { status, body } = await decide(id, 'approve', { gate: 'outline', edits: { title: 'Better' } });
    expect(status).toBe(200);
    expect(body).toEqual({ id, status: 'running', gate: 'outline', version: 2, rejections: 0 });
  });

  it('answers 409 the second time', async () => {
    const id = await waiting();
    await decide(id, 'approve', { gate: 'outline' });
    expect(await decide(id, 'approve', { gate: 'outline' })).toMatchObject({
      status: 409,
      body: { code: 'APPROVAL_NOT_PENDING' },
    });
  });

  it('names what is wrong with edits', async () => {
    const { status, body } = await decide(await waiting(), 'approve', { gate: 'outline', edits: { invalid: 1 } });
    expect(status).toBe(400);
    expect(body).toMatchObject({ code: 'VALIDATION_FAILED', errors: [{ path: 'edits.invalid' }] });
  });

  it.each([
    [{}, 'gate'],
    [{ gate: 'draft' }, 'gate'],
    [{ gate: 'outline', edits: [] }, 'edits'],
    [{ gate: 'outline', comment: 'fine' }, 'comment'],
  ])('refuses %j and names the place', async (json, path) => {
    const { status, body } = await decide(await waiting(), 'approve', json);
    expect(status).toBe(400);
    expect(body['errors']).toEqual([expect.objectContaining({ path })]);
  });

  it('shows a task that waits, and for what', async () => {
    const response = await server.call(`/v1/tasks/${await waiting()}`);
    expect(await response.json()).toMatchObject({ status: 'awaiting_approval', awaiting: AWAITING });
  });
});

describe('POST /v1/tasks/{id}/reject', () => {
  it('has the step done again', async () => {
    const id = await waiting();
    expect(await decide(id, 'reject', { gate: 'outline', reason: 'too dull' })).toEqual({
      status: 200,
      body: { id, status: 'running', gate: 'outline', rejections: 1 },
    });
  });

  it.each([{ gate: 'outline' }, { gate: 'outline', reason: '  ' }])('wants a reason: %j', async (json) => {
    expect(await decide(await waiting(), 'reject', json)).toMatchObject({ status: 400 });
  });
});

describe.each(['approve', 'reject'] as const)('%s', (what) => {
  const body = { gate: 'outline', ...(what === 'reject' && { reason: 'dull' }) };

  it('answers 404 for another tenant’s task', async () => {
    expect(await decide(await waiting(), what, body, 'stranger')).toMatchObject({
      status: 404,
      body: { code: 'NOT_FOUND' },
    });
  });

  it('answers 409 for a task that has ended', async () => {
    const id = await server.submit();
    server.stores.finish(id, 'completed');
    expect(await decide(id, what, body)).toMatchObject({ status: 409, body: { code: 'TASK_ALREADY_FINISHED' } });
  });
});
