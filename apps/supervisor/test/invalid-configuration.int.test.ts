import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const APPS = fileURLToPath(new URL('../..', import.meta.url));

describe('a start with an invalid configuration', () => {
  let home: string;
  beforeAll(() => {
    home = mkdtempSync(join(tmpdir(), 'pressroom-invalid-'));
    writeFileSync(
      join(home, 'pressroom.yaml'),
      'scaling: { utilisation: 7 }\nproviders: [{ kind: openai, apiKey: canary }\n',
    );
  });
  afterAll(() => {
    rmSync(home, { recursive: true });
  });
  const start = (app: string, env: Record<string, string>) =>
    spawnSync(process.execPath, [join(APPS, app, 'src/main.ts')], {
      encoding: 'utf8',
      timeout: 30_000,
      env: { PATH: process.env['PATH'], NODE_NO_WARNINGS: '1', PRESSROOM_HOME: home, ...env },
    });

  it.each(['supervisor', 'coordinator', 'worker'])(
    'ends the %s with code 1 and every problem of every process, before anything is opened',
    (app) => {
      const { status, stdout, stderr } = start(app, {
        DATABASE_URL: 'postgres://user:canary@127.0.0.1:1/none',
        PRESSROOM_ADMIN_KEY: 'canary-of-20-letters',
        PRESSROOM_CONCURRENCY: '0',
        PRESSROOM_SHUTDOWN_MS: '-1',
        SIMULATOR_BATCH_MS: 'x',
        REDIS_CLUSTER_NODES: 'redis://u:canary@a,redis://b',
        PRESSROOM_CONFIG: join(home, 'pressroom.yaml'),
      });
      const output = `${stdout}${stderr}`;
      expect(status).toBe(1);
      for (const name of [
        'PRESSROOM_ADMIN_KEY',
        'PRESSROOM_CONCURRENCY',
        'PRESSROOM_SHUTDOWN_MS',
        'SIMULATOR_BATCH_MS',
        'REDIS_CLUSTER_NODES',
        'PRESSROOM_CONFIG',
      ]) {
        expect(output).toMatch(new RegExp(`^  ${name}: `, 'm'));
      }
      expect(output).not.toContain('canary');
    },
  );

  it.each(['coordinator', 'worker'])(
    'has the %s log variables that no process reads, with the closest known one',
    (app) => {
      const { stdout, stderr } = start(app, {
        DATABASE_URL: 'postgres://user:canary@127.0.0.1:1/none',
        PRESSROOM_SIMULATOR_URL: 'http://127.0.0.1:1',
        PRESSROOM_WORKR_PORT: '3',
      });
      expect(`${stdout}${stderr}`).toMatch(
        /"variable":"PRESSROOM_WORKR_PORT","reason":"[^"]*did you mean PRESSROOM_WORKER_PORT\?".*"config\.unknown_variable"/,
      );
    },
  );

  it('ends the simulator with code 1 and every problem of its own', () => {
    const { status, stdout, stderr } = start('simulator', { SIMULATOR_BATCH_MS: 'x', SIMULATOR_TIERS: 'a=T9' });
    expect(status).toBe(1);
    expect(`${stdout}${stderr}`).toMatch(/SIMULATOR_BATCH_MS[^]*SIMULATOR_TIERS/);
  });
});
