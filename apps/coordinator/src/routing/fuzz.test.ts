import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { A_TASK, startTestServer, type TestServer } from '../testing/start-test-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const JSON_TYPE = { 'Content-Type': 'application/json' };

/** Bodies that get past the first look: a valid task with one field replaced by anything. */
const almostATask = fc
  .tuple(
    fc.constantFrom('type', 'input', 'lane', 'priority', 'budgetUsd', 'metadata', 'tags', 'runAt', 'approvals', 'x'),
    fc.jsonValue(),
  )
  .map(([field, value]) => ({ ...A_TASK, [field]: value }));

const almostAnInput = fc
  .tuple(fc.constantFrom('topic', 'sources', 'language', 'sections', 'keywords', '__proto__'), fc.jsonValue())
  .map(([field, value]) =>
    JSON.stringify({ type: 'article', input: { topic: 'Lights' } }).replace(
      '"topic":"Lights"',
      `"topic":"Lights",${JSON.stringify(field)}:${JSON.stringify(value)}`,
    ),
  );

describe('whatever is sent', () => {
  it('is accepted or refused, and never breaks the server: any JSON', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.jsonValue(), almostATask),
        fc.option(fc.string({ maxLength: 300 })),
        async (json, key) => {
          const headers = key === null ? {} : { 'Idempotency-Key': encodeURIComponent(key) };
          const response = await server.call('/v1/tasks', { method: 'POST', json, headers });
          await response.text();
          expect(response.status).toBeLessThan(500);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('is accepted or refused, and never breaks the server: any input', async () => {
    await fc.assert(
      fc.asyncProperty(almostAnInput, async (body) => {
        const response = await server.call('/v1/tasks', { method: 'POST', body, headers: JSON_TYPE });
        await response.text();
        expect([202, 400]).toContain(response.status);
      }),
      { numRuns: 100 },
    );
  });

  it('is accepted or refused, and never breaks the server: any bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        const headers = { 'Content-Type': 'application/x-ndjson' };
        const response = await server.call('/v1/tasks/bulk', { method: 'POST', body: Buffer.from(bytes), headers });
        await response.text();
        expect(response.status).toBeLessThan(500);
      }),
      { numRuns: 100 },
    );
  });

  it('is accepted or refused, and never breaks the server: any path and query', async () => {
    await fc.assert(
      fc.asyncProperty(fc.webPath(), fc.webQueryParameters(), async (path, query) => {
        const response = await server.call(`/v1/tasks${path}?${query}`);
        await response.text();
        expect(response.status).toBeLessThan(500);
      }),
      { numRuns: 100 },
    );
  });
});
