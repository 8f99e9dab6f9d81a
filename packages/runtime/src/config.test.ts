import { describe, expect, it } from 'vitest';
import { z } from 'zod';

import { ConfigError, parseConfig } from './config.ts';
import { envBoolean, envChoice, envDurationMs, envInt, envList, envPort, envSecret, envUrl } from './env-values.ts';

const readProblems = (run: () => unknown) => {
  try {
    run();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  throw new Error('the configuration was accepted');
};

describe('parseConfig', () => {
  const schema = z
    .object({
      PORT: envPort().default(4400),
      DATABASE_URL: envUrl(['postgres:', 'postgresql:']),
      ADMIN_KEY: envSecret({ minLength: 16 }),
      MIN: envInt().default(1),
      MAX: envInt().default(2),
    })
    .superRefine((value, context) => {
      if (value.MIN > value.MAX) context.addIssue({ code: 'custom', path: ['MIN'], message: 'must not exceed MAX' });
    })
    .transform(({ PORT, ADMIN_KEY, DATABASE_URL }) => ({
      http: { port: PORT },
      adminKey: ADMIN_KEY,
      databaseUrl: DATABASE_URL,
    }));
  const good = { DATABASE_URL: 'postgres://localhost/x', ADMIN_KEY: 'a-long-enough-key' };

  it('groups, converts and applies defaults', () => {
    const config = parseConfig(schema, { ...good, OTHER: 'ignored' });
    expect(config.http.port).toBe(4400);
    expect(config.adminKey.reveal()).toBe('a-long-enough-key');
  });

  it('treats an empty variable as absent', () => {
    expect(parseConfig(schema, { ...good, PORT: '' }).http.port).toBe(4400);
  });

  it('reports all problems, each with the name of its variable', () => {
    expect(readProblems(() => parseConfig(schema, { PORT: '99999', ADMIN_KEY: 'short' }))).toEqual([
      { path: 'PORT', message: 'must be an integer from 0 to 65535, got "99999"' },
      { path: 'DATABASE_URL', message: 'is required' },
      { path: 'ADMIN_KEY', message: 'must have at least 16 characters, has 5' },
    ]);
  });

  it('reports failed cross-field checks', () => {
    expect(readProblems(() => parseConfig(schema, { ...good, MIN: '3', MAX: '2' }))).toEqual([
      { path: 'MIN', message: 'must not exceed MAX' },
    ]);
  });

  it('names the path in a file and unknown settings', () => {
    const file = z.strictObject({ tiers: z.record(z.string(), z.strictObject({ models: z.array(z.string()) })) });
    expect(
      readProblems(() =>
        parseConfig(file, { tiers: { T1: { models: ['a', 7], colour: 'red' } }, extra: 1 }, 'press.yaml'),
      ),
    ).toEqual([
      { path: 'tiers.T1.models.1', message: expect.stringContaining('expected string') as string },
      { path: 'tiers.T1.colour', message: 'is not a known setting' },
      { path: 'extra', message: 'is not a known setting' },
    ]);
  });

  it('throws one error with a message formatted for a terminal', () => {
    expect(() => parseConfig(schema, { PORT: 'x' })).toThrow(
      /^3 problems in the environment:\n {2}PORT: .*\n {2}DATABASE_URL: is required\n {2}ADMIN_KEY: is required$/,
    );
    expect(() => parseConfig(schema, {})).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', retryable: false }) as Error,
    );
  });

  it('never quotes the value of a secret or of a URL', () => {
    const bad = { DATABASE_URL: 'mysql://root:canary@db', ADMIN_KEY: 'canary' };
    expect(JSON.stringify(readProblems(() => parseConfig(schema, bad)))).not.toContain('canary');
  });
});

describe('environment values', () => {
  it.each<[string, z.ZodType, string, unknown]>([
    ['a boolean', envBoolean(), 'YES', true],
    ['a boolean', envBoolean(), '0', false],
    ['an integer', envInt(), ' -12 ', -12],
    ['a list', envList(), ' a, b ,,c ', ['a', 'b', 'c']],
    ['an empty list', envList(), ' , ', []],
    ['a choice', envChoice(['debug', 'info']), 'info', 'info'],
    ['no time at all', envDurationMs(), '0', 0],
    ['milliseconds with unit', envDurationMs(), '250ms', 250],
    ['seconds', envDurationMs(), '1.5s', 1_500],
    ['minutes', envDurationMs(), '5 m', 300_000],
    ['days', envDurationMs(), '1d', 86_400_000],
    ['a URL', envUrl(['redis:', 'rediss:']), ' rediss://h:1 ', 'rediss://h:1'],
  ])('read %s', (_, schema, text, value) => {
    expect(schema.parse(text)).toEqual(value);
  });

  it.each<[z.ZodType, string, string]>([
    [envBoolean(), 'maybe', 'must be true or false, got "maybe"'],
    [envInt({ min: 1 }), '0', 'must be an integer of at least 1, got "0"'],
    [envInt({ max: 5 }), '6', 'must be an integer of at most 5, got "6"'],
    [envInt(), '1.5', 'must be an integer of any size, got "1.5"'],
    [envInt(), '9007199254740993', 'must be an integer of any size, got "9007199254740993"'],
    [envInt(), '0x10', 'must be an integer of any size, got "0x10"'],
    [envChoice(['debug', 'info']), 'loud', 'must be one of debug, info, got "loud"'],
    [
      envDurationMs({ minMs: 100, maxMs: 200 }),
      '1s',
      'must be a duration with a unit, such as 500ms, 30s, 5m, 2h or 1d (from 100 to 200 ms), got "1s"',
    ],
    [
      envDurationMs(),
      '5 weeks',
      'must be a duration with a unit, such as 500ms, 30s, 5m, 2h or 1d (of at least 0 ms), got "5 weeks"',
    ],
    [
      envDurationMs({ maxMs: 1_000 }),
      '20',
      'must be a duration with a unit, such as 500ms, 30s, 5m, 2h or 1d (from 0 to 1000 ms), got "20"',
    ],
    [envUrl(['redis:', 'rediss:']), 'http://h', 'must be a URL that starts with redis:// or rediss://'],
  ])('reject with the expected and the actual value: %#', (schema, text, message) => {
    expect(schema.safeParse(text).error?.issues.map((issue) => issue.message)).toEqual([message]);
  });
});
