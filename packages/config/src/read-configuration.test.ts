import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ConfigError } from '@pressroom/runtime';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { checkConfiguration, readConfiguration } from './read-configuration.ts';

const DATABASE_URL = 'postgres://user:canary@localhost/pressroom';
const WORKING = { DATABASE_URL, PRESSROOM_SIMULATOR_URL: 'http://127.0.0.1:1' };

describe('the configuration', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'pressroom-config-'));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });
  const fileWith = (content: string): string => {
    const path = join(directory, 'pressroom.yaml');
    writeFileSync(path, content);
    return path;
  };
  const readProblems = (env: Record<string, string>, role: 'system' | 'coordinator' | 'worker' = 'worker') =>
    checkConfiguration({ ...WORKING, ...env }, role).problems.map(({ path, message }) => `${path}: ${message}`);
  const readFileProblems = (content: string) => readProblems({ PRESSROOM_CONFIG: fileWith(content) });

  it('has defaults for everything except database and provider', () => {
    expect(readConfiguration(WORKING, 'worker')).toMatchObject({ redis: undefined, file: { providers: [] } });
    expect(checkConfiguration({}, 'system').problems).toEqual([]);
    expect(checkConfiguration({}, 'worker').problems.map(({ path }) => path)).toEqual(['DATABASE_URL']);
    expect(checkConfiguration({ DATABASE_URL }, 'worker').problems.map(({ path }) => path)).toEqual(['OPENAI_API_KEY']);
  });

  it.each(['system', 'coordinator', 'worker'] as const)(
    'lists all problems in the configuration of all processes for the %s, with name, fault and fix, and without secrets',
    (role) => {
      const env = {
        DATABASE_URL: 'mysql://user:canary@localhost',
        PORT: '99999',
        REDIS_URL: 'http://:canary@h',
        REDIS_TLS_CA_FILE: '/none/ca.pem',
        PRESSROOM_ADMIN_KEY: 'canary-of-20-letters',
        PRESSROOM_POOLS: 'draft.fast',
        PRESSROOM_DRAIN: 'soon',
        OPENAI_BASE_URL: 'localhost:1234',
        SIMULATOR_LATENCY_SCALE: 'fast',
        LOG_LEVEL: 'loud',
        PRESSROOM_CONFIG: fileWith(
          'pools:\n  a: { queues: unknown.* }\negress: { allowHosts: ["http://x"] }\nspeed: 1\n',
        ),
      };
      const problems = readProblems(env, role);
      const named = new Set(problems.map((problem) => problem.slice(0, problem.indexOf(':'))));
      expect([...named].sort()).toEqual(Object.keys(env).sort());
      const text = problems.join('\n');
      expect(text).toContain(
        'PRESSROOM_ADMIN_KEY: must have at least 24 characters, has 20; generate one with: openssl rand -base64 32',
      );
      expect(text).toContain('PRESSROOM_CONFIG: pools.a.queues: "unknown.*" names an unknown agent "unknown"');
      expect(text).toContain('PRESSROOM_CONFIG: egress.allowHosts.0: must be a host, host:port, or an address');
      expect(text).toContain('PRESSROOM_CONFIG: speed: is not a known setting');
      expect(text).not.toContain('canary');
    },
  );

  it('reports unknown variables with the closest known one, without preventing the start', () => {
    const file = fileWith('tools: { webSearch: { keyVariable: PRESSROOM_SEARCH_KEY } }');
    const { configuration, problems } = checkConfiguration(
      {
        ...WORKING,
        PRESSROOM_CONFIG: file,
        PRESSROOM_WORKR_PORT: '3',
        PRESSROOM_DRAIN_MS: '20',
        PRESSROOM_OF_A_LATER_RELEASE: 'x',
        // Known: a tool's key, the command line's, and what Kubernetes adds for a Service.
        PRESSROOM_SEARCH_KEY: 'k',
        PRESSROOM_URL: 'http://127.0.0.1:4400',
        PRESSROOM_SERVICE_HOST: '10.0.0.1',
        PRESSROOM_COORDINATOR_SERVICE_PORT_HTTP: '4400',
        PRESSROOM_PORT: 'tcp://10.0.0.1:4400',
        PRESSROOM_PORT_4400_TCP_ADDR: '10.0.0.1',
        OTHER_PROGRAM: 'x',
      },
      'coordinator',
    );
    expect(problems).toEqual([]);
    expect(configuration?.warnings).toEqual([
      {
        path: 'PRESSROOM_WORKR_PORT',
        message: 'is not a known variable and has no effect; did you mean PRESSROOM_WORKER_PORT?',
      },
      {
        path: 'PRESSROOM_DRAIN_MS',
        message: 'is not a known variable and has no effect; did you mean PRESSROOM_DRAIN?',
      },
      { path: 'PRESSROOM_OF_A_LATER_RELEASE', message: 'is not a known variable and has no effect' },
    ]);
  });

  it('is rejected with one error', () => {
    expect(() => readConfiguration({ PORT: 'x' }, 'coordinator')).toThrow(ConfigError);
    expect(() => readConfiguration({ PORT: 'x' }, 'coordinator')).toThrow(
      /2 problems[^]*PORT[^]*DATABASE_URL: is required/,
    );
  });

  it('rejects a monitor key equal to the admin key', () => {
    const key = 'a-key-of-twenty-four-characters';
    expect(readProblems({ PRESSROOM_ADMIN_KEY: key, PRESSROOM_MONITOR_KEY: ` ${key}` })).toEqual([
      'PRESSROOM_MONITOR_KEY: must not be the admin key; generate another one',
    ]);
  });

  it('requires the keys of tools for workers and the supervisor, but not for coordinators', () => {
    const file = fileWith('tools: { webSearch: { keyVariable: SEARCH_KEY } }');
    const missing = ['PRESSROOM_CONFIG: tools.webSearch.keyVariable: the environment variable SEARCH_KEY is not set'];
    expect(readProblems({ PRESSROOM_CONFIG: file }, 'worker')).toEqual(missing);
    expect(readProblems({ PRESSROOM_CONFIG: file }, 'system')).toEqual(missing);
    expect(readProblems({ PRESSROOM_CONFIG: file }, 'coordinator')).toEqual([]);
  });

  it.each<[string, string, RegExp]>([
    ['an unknown section', 'provider: []', /^PRESSROOM_CONFIG: provider: is not a known setting$/],
    [
      'an unknown key inside',
      'gateway: { retry: { tries: 2 } }',
      /^PRESSROOM_CONFIG: gateway\.retry\.tries: is not a known/,
    ],
    ['a wrong type', 'scaling: { utilisation: "0.5" }', /^PRESSROOM_CONFIG: scaling\.utilisation: .*expected number/],
    ['a number out of range', 'scaling: { utilisation: 7 }', /^PRESSROOM_CONFIG: scaling\.utilisation: /],
    ['a model that no provider has', 'tiers: { T1: [openai/none] }', /^PRESSROOM_CONFIG: models: .*openai\/none/],
    [
      'a provider that is listed twice',
      'providers: [{ kind: openai, apiKey: canary }, { kind: openai, apiKey: canary }]',
      /^PRESSROOM_CONFIG: providers\.1\.name: openai is configured twice$/,
    ],
    ['a key of the wrong type', 'providers: [{ kind: openai, apiKey: 17 }]', /providers\.0\.apiKey: .*expected string/],
    ['a list', '- pools', /must contain settings by name/],
    ['text', 'just text', /must contain settings by name/],
    ['broken YAML, by line and column', 'a: 1\npools: [canary', /is not valid YAML or JSON: .*\(line 2, column \d+\)$/],
    ['a duplicate key', 'pools: {}\npools: {}', /is not valid YAML or JSON: .*unique.*line 2/],
  ])('rejects a file with %s', (_, content, expected) => {
    const problems = readFileProblems(content);
    expect(problems).toEqual([expect.stringMatching(expected)]);
    expect(problems.join()).not.toContain('canary');
  });

  it('rejects a missing file and names the fix', () => {
    expect(readProblems({ PRESSROOM_CONFIG: join(directory, 'none.yaml') })).toEqual([
      expect.stringMatching(/^PRESSROOM_CONFIG: cannot be read: ENOENT.*set it to a readable YAML or JSON file/),
    ]);
  });
});
