import { ConfigError } from '@pressroom/runtime';
import { describe, expect, it } from 'vitest';

import { parseCoordinatorConfig } from './config.ts';

const DATABASE_URL = 'postgres://user:hunter2@localhost/pressroom';

describe('parseCoordinatorConfig', () => {
  it('has a default for everything but the database', () => {
    expect(parseCoordinatorConfig({ DATABASE_URL })).toMatchObject({
      http: { host: '127.0.0.1', port: 4_400 },
      redis: undefined,
      adminKey: undefined,
      logLevel: 'info',
    });
  });

  it('uses Redis when either of its variables is set', () => {
    expect(parseCoordinatorConfig({ DATABASE_URL, REDIS_CLUSTER_NODES: 'a:1,b:2' }).redis?.kind).toBe('cluster');
    expect(parseCoordinatorConfig({ DATABASE_URL, REDIS_URL: 'redis://x' }).redis?.kind).toBe('server');
  });

  it('keeps the monitor key apart from the admin key', () => {
    const key = 'a-key-of-twenty-four-characters';
    const parsed = parseCoordinatorConfig({
      DATABASE_URL,
      PRESSROOM_ADMIN_KEY: key,
      PRESSROOM_MONITOR_KEY: `${key}-2`,
    });
    expect(parsed.monitorKey?.reveal()).toBe(`${key}-2`);
    expect(() =>
      parseCoordinatorConfig({ DATABASE_URL, PRESSROOM_ADMIN_KEY: key, PRESSROOM_MONITOR_KEY: key }),
    ).toThrow(/PRESSROOM_MONITOR_KEY: must not be the admin key/);
  });

  it('names every fault at once, and no secret', () => {
    const parse = () =>
      parseCoordinatorConfig({
        DATABASE_URL: 'mysql://user:hunter2@localhost',
        PORT: '99999',
        REDIS_CLUSTER_NODES: 'non sense',
        PRESSROOM_ADMIN_KEY: 'short',
        LOG_LEVEL: 'loud',
      });
    expect(parse).toThrow(ConfigError);
    expect(parse).toThrow(/DATABASE_URL[^]*REDIS_CLUSTER_NODES[^]*PRESSROOM_ADMIN_KEY|PORT/);
    try {
      parse();
    } catch (error) {
      const { message, problems } = error as ConfigError;
      expect(problems.map(({ path }) => path).sort()).toEqual(
        ['DATABASE_URL', 'LOG_LEVEL', 'PORT', 'PRESSROOM_ADMIN_KEY', 'REDIS_CLUSTER_NODES'].sort(),
      );
      expect(message).not.toContain('hunter2');
    }
  });
});
