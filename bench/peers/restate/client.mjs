/** Restate by its own client package, as its documentation has it. */
import * as clients from '@restatedev/restate-sdk-clients';

import { assertFinalResult } from '../steps.mjs';

const AN_HOUR = { hours: 1 };

export async function createClient(env) {
  const [ingress] = env.PORTS.split(',');
  const connection = clients.connect({ url: `http://127.0.0.1:${ingress}` });
  const pipeline = connection.serviceSendClient({ name: 'pipeline' });
  const send = async (task, options = {}) => ({
    task,
    sent: await pipeline.run({ task }, clients.rpc.sendOpts({ idempotencyKey: task, ...options })),
  });

  return {
    submit: (task) => send(task),
    async wait({ task, sent }) {
      assertFinalResult(task, await connection.result(sent));
    },
    accept: (task) => send(task, { delay: AN_HOUR }),
    close: async () => {},
  };
}
