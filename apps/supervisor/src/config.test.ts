import { describe, expect, it } from 'vitest';

import { readConfig } from './config.ts';

describe('readConfig', () => {
  it('has a default for everything', () => {
    expect(readConfig({}, [], '/checkout')).toMatchObject({
      home: '/checkout/.pressroom',
      host: '127.0.0.1',
      port: undefined,
      databaseUrl: undefined,
      hasProvider: false,
    });
  });

  it('counts a key or an address of either provider as a provider', () => {
    expect(readConfig({ ANTHROPIC_BASE_URL: 'http://127.0.0.1:1' }, [], '/').hasProvider).toBe(true);
  });

  it('takes a variable that is set to nothing as absent', () => {
    expect(readConfig({ OPENAI_API_KEY: '', PORT: '' }, [], '/')).toMatchObject({
      hasProvider: false,
      port: undefined,
    });
  });

  it('names every wrong variable and option in one error', () => {
    expect(() => readConfig({ PORT: 'x', DATABASE_URL: 'mysql://h' }, ['--bogus'], '/')).toThrow(
      /3 problems[^]*PORT[^]*DATABASE_URL[^]*--bogus/,
    );
  });
});
