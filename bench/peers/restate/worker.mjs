/** Restate's server with a fresh directory, and the service it calls: one process tree. */
import { spawn } from 'node:child_process';
import { mkdtempSync, openSync, rmSync } from 'node:fs';
import http2 from 'node:http2';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import * as restate from '@restatedev/restate-sdk';

import { DRAFTS, work } from '../steps.mjs';
import { runWorker } from '../worker-process.mjs';

const READY_MS = 60_000;
const POLL_MS = 100;
/** Partitions elect their leaders after the first deployment is known. */
const SETTLE_MS = 2_000;

const pipeline = restate.service({
  name: 'pipeline',
  handlers: {
    async run(context, { task }) {
      const research = await context.run('research', () => work(task, 'research', []));
      const outline = await context.run('outline', () => work(task, 'outline', [research]));
      const drafts = await restate.RestatePromise.all(
        DRAFTS.map((step) => context.run(step, () => work(task, step, [outline]))),
      );
      return context.run('refine', () => work(task, 'refine', drafts));
    },
  },
});

const serverProgram = () => {
  const name = `@restatedev/restate-server-${process.platform}-${process.arch}`;
  return join(dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)), 'bin', 'restate-server');
};

async function retry(work) {
  for (const deadline = performance.now() + READY_MS; ;) {
    try {
      return await work();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
}

await runWorker(async (env) => {
  const [ingress, admin, node, service] = env.PORTS.split(',');
  const directory = mkdtempSync(join(tmpdir(), 'bench-restate-'));
  const log = openSync(join(directory, 'restate.log'), 'w');
  const server = spawn(serverProgram(), ['--base-dir', directory, '--node-name', 'n1', '--no-logo'], {
    stdio: ['ignore', log, log],
    env: {
      PATH: env.PATH,
      RESTATE_DISABLE_TELEMETRY: '1',
      DO_NOT_TRACK: '1',
      RESTATE_LISTEN_MODE: 'tcp',
      RESTATE_LOG_FILTER: 'warn',
      RESTATE_BIND_IP: '127.0.0.1',
      RESTATE_BIND_PORT: node,
      RESTATE_ADVERTISED_ADDRESS: `http://127.0.0.1:${node}`,
      RESTATE_INGRESS__BIND_PORT: ingress,
      RESTATE_ADMIN__BIND_PORT: admin,
      RESTATE_ADMIN__DISABLE_WEB_UI: 'true',
    },
  });
  process.once('exit', () => {
    server.kill('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  });
  const endpoint = http2.createServer(
    restate.createEndpointHandler({
      services: [pipeline],
      logger: (params, message) => params.level === 'error' && console.error(message),
    }),
  );
  await new Promise((resolve) => endpoint.listen(Number(service), '127.0.0.1', resolve));
  await retry(async () => {
    const response = await fetch(`http://127.0.0.1:${admin}/deployments`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ uri: `http://127.0.0.1:${service}` }),
    });
    if (!response.ok) throw new Error(await response.text());
  });
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  return () => endpoint.close();
});
