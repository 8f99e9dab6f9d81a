import { CallList, CancelResult, StepList, TaskView, type Problem } from '@pressroom/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { startTestServer, type TestServer } from '../testing/start-test-server.ts';

let server: TestServer;
let id: string;
beforeEach(async () => {
  server = await startTestServer();
  id = await server.submit();
});
afterEach(() => server.close());

const codeOf = async (response: Response) => ((await response.json()) as Problem).code;

describe('one task', () => {
  it('is read with its progress and cost', async () => {
    const response = await server.call(`/v1/tasks/${id}`);
    expect(response.status).toBe(200);
    expect(TaskView.parse(await response.json())).toMatchObject({ id, status: 'queued' });
  });

  it('is found by its id in capitals too', async () => {
    expect((await server.call(`/v1/tasks/${id.toUpperCase()}`)).status).toBe(200);
  });

  it('has steps and calls', async () => {
    expect(StepList.parse(await (await server.call(`/v1/tasks/${id}/steps`)).json()).items).toEqual([]);
    expect(CallList.parse(await (await server.call(`/v1/tasks/${id}/calls`)).json()).items).toEqual([]);
  });

  it('shows what a step has made, and 404 before it has', async () => {
    expect((await server.call(`/v1/tasks/${id}/steps/outline/output`)).status).toBe(404);
    server.stores.setOutput(id, 'outline', { title: 'T' });
    expect(await (await server.call(`/v1/tasks/${id}/steps/outline/output`)).json()).toEqual({ title: 'T' });
    expect((await server.call(`/v1/tasks/${id}/steps/..%2f..%2fx/output`)).status).toBe(404);
  });

  const EVERYTHING = ['', '/result', '/steps', '/steps/outline/output', '/calls', '/events'];

  it.each(EVERYTHING)('looks the same to a stranger as one that does not exist: GET %s', async (path) => {
    const [foreign, unknown] = await Promise.all([
      server.call(`/v1/tasks/${id}${path}`, { as: 'stranger' }),
      server.call(`/v1/tasks/${crypto.randomUUID()}${path}`, { as: 'stranger' }),
    ]);
    const withoutIds = async (response: Response) => ({
      ...((await response.json()) as Problem),
      instance: '',
      requestId: '',
    });
    expect(foreign.status).toBe(404);
    expect(await withoutIds(foreign)).toEqual(await withoutIds(unknown));
  });

  it.each(['nonsense', '1', '%00', '%E0%A4%A', '..%2f..', '0'.repeat(36)])('answers 404 for the id %s', async (bad) => {
    const response = await server.call(`/v1/tasks/${bad}`);
    expect(response.status).toBe(404);
    expect(await codeOf(response)).toBe('NOT_FOUND');
  });

  describe('when cancelled', () => {
    const cancel = (as: 'operate' | 'stranger' | 'submit' = 'operate') =>
      server.call(`/v1/tasks/${id}/cancel`, { method: 'POST', as });

    it('ends, and cancelling it again changes nothing', async () => {
      for (let time = 0; time < 2; time += 1) {
        const response = await cancel();
        expect(response.status).toBe(200);
        expect(CancelResult.parse(await response.json())).toEqual({ id, status: 'cancelled' });
      }
    });

    it('answers 409 once it has finished otherwise', async () => {
      server.stores.finish(id);
      const response = await cancel();
      expect(response.status).toBe(409);
      expect(await codeOf(response)).toBe('TASK_ALREADY_FINISHED');
    });

    it('is out of a stranger’s reach', async () => {
      expect((await cancel('stranger')).status).toBe(404);
    });
  });

  describe('when deleted', () => {
    const remove = () => server.call(`/v1/tasks/${id}`, { method: 'DELETE' });

    it('must have finished', async () => {
      const response = await remove();
      expect(response.status).toBe(409);
      expect(await codeOf(response)).toBe('TASK_NOT_FINISHED');
    });

    it('loses its content, once and for all', async () => {
      server.stores.finish(id);
      expect((await remove()).status).toBe(204);
      expect((await remove()).status).toBe(204);
      const result = await server.call(`/v1/tasks/${id}/result`);
      expect(result.status).toBe(404);
      expect(((await result.json()) as Problem).detail).toContain('deleted');
    });
  });
});
