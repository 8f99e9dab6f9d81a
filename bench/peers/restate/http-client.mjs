/**
 * Restate by plain HTTP, with the HTTP client that also drives us: its own client package goes through fetch and costs the
 * load generator, and with it the machine, more.
 */
import { Agent, request } from 'undici';

import { assertFinalResult } from '../steps.mjs';

const CONNECTIONS = 64;
const AN_HOUR_MS = 3_600_000;

export async function createClient(env) {
  const [ingress] = env.PORTS.split(',');
  const base = `http://127.0.0.1:${ingress}`;
  const senders = new Agent({ connections: CONNECTIONS, pipelining: 1 });
  // Every attached client holds a connection until its task is done.
  const waiters = new Agent({ pipelining: 1, headersTimeout: 0, bodyTimeout: 0 });

  async function send(task, query = '') {
    const { statusCode, body } = await request(`${base}/pipeline/run/send${query}`, {
      method: 'POST',
      dispatcher: senders,
      headers: { 'content-type': 'application/json', 'idempotency-key': task },
      body: JSON.stringify({ task }),
    });
    const text = await body.text();
    if (statusCode >= 300) throw new Error(`${statusCode} ${text}`);
    return { task, invocationId: JSON.parse(text).invocationId };
  }

  return {
    submit: (task) => send(task),
    async wait({ task, invocationId }) {
      const { statusCode, body } = await request(`${base}/restate/invocation/${invocationId}/attach`, {
        dispatcher: waiters,
      });
      const text = await body.text();
      if (statusCode !== 200) throw new Error(`${statusCode} ${text}`);
      assertFinalResult(task, JSON.parse(text));
    },
    accept: (task) => send(task, `?delay=${AN_HOUR_MS}ms`),
    close: () => Promise.all([senders.close(), waiters.close()]),
  };
}
