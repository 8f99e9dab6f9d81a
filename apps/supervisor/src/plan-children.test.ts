import { describe, expect, it } from 'vitest';

import { planCoordinator, planSimulator, planWorker, type ChildFacts } from './plan-children.ts';

const facts: ChildFacts = {
  env: { PATH: '/bin', PORT: '1', DATABASE_URL: 'postgresql://outer', LOG_LEVEL: 'debug' },
  checkoutDir: '/checkout',
  home: '/home',
  host: '127.0.0.1',
  port: 4400,
  databaseUrl: 'postgresql://inner',
  adminKey: 'admin',
  simulatorUrl: 'http://127.0.0.1:9',
};

describe('planning the children', () => {
  it('gives the coordinator its address and the admin key', () => {
    expect(planCoordinator(facts).env).toMatchObject({
      PORT: '4400',
      PRESSROOM_ADMIN_KEY: 'admin',
      DATABASE_URL: 'postgresql://inner',
    });
  });

  it('gives workers neither, but the simulator and a port of their own', () => {
    expect(planWorker(facts, 'worker-2', 4491)).toMatchObject({
      name: 'worker-2',
      env: {
        PORT: undefined,
        PRESSROOM_ADMIN_KEY: undefined,
        PRESSROOM_WORKER_PORT: '4491',
        PRESSROOM_SIMULATOR_URL: 'http://127.0.0.1:9',
        LOG_LEVEL: 'debug',
      },
    });
  });

  it('passes the queues of a named pool to its workers, and the environment to others', () => {
    const outer = { ...facts, env: { PRESSROOM_POOLS: 'refine.*' } };
    expect(planWorker(outer, 'worker-drafts-1', 0, ['draft.batch', 'draft.interactive']).env['PRESSROOM_POOLS']).toBe(
      'draft.batch,draft.interactive',
    );
    expect(planWorker(outer, 'worker-1', 0).env['PRESSROOM_POOLS']).toBe('refine.*');
  });

  it('keeps stores and keys from the simulator', () => {
    expect(planSimulator(facts).env).toMatchObject({
      PORT: '0',
      DATABASE_URL: undefined,
      PRESSROOM_ADMIN_KEY: undefined,
    });
  });

  it('gives the token of the control port to the simulator alone', () => {
    const outer = { ...facts, env: { ...facts.env, PRESSROOM_SIMULATOR_CONTROL_TOKEN: 'token' } };
    expect(planSimulator(outer).env).toMatchObject({
      PRESSROOM_HOME: '/home',
      PRESSROOM_SIMULATOR_CONTROL_TOKEN: 'token',
    });
    for (const child of [planCoordinator(outer), planWorker(outer, 'worker-1', 0)])
      expect(child.env).toMatchObject({ PRESSROOM_SIMULATOR_CONTROL_TOKEN: undefined });
  });
});
