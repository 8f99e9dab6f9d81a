import { describe, expect, it } from 'vitest';

import { AppError } from './app-error.ts';
import { cleanForLog } from './clean-for-log.ts';
import { Secret } from './secret.ts';

class ProviderDownError extends AppError {
  readonly code = 'PROVIDER_UNAVAILABLE';
  readonly retryable = true;
}

describe('cleanForLog', () => {
  it('keeps plain fields unchanged', () => {
    const facts = { taskId: 'abc', attempt: 2, ok: true, inputTokens: 1_200, nothing: null, at: 1.5, list: [1, 'two'] };
    expect(cleanForLog(facts)).toEqual(facts);
  });

  it('keeps numbers and booleans even in fields that usually carry content', () => {
    expect(cleanForLog({ input: 1_200, output: 80, token: null, key: false })).toEqual({
      input: 1_200,
      output: 80,
      token: null,
      key: false,
    });
  });

  it.each([
    'prompt',
    'apiKey',
    'API_KEY',
    'x-api-key',
    'Authorization',
    'messages',
    'content',
    'set-cookie',
    'headers',
  ])('censors %s at any depth', (field) => {
    const cleaned = JSON.stringify(cleanForLog({ a: { b: [{ c: { [field]: ['canary'] } }] }, [field]: 'canary' }));
    expect(cleaned).not.toContain('canary');
    expect(cleaned).toContain('[redacted]');
  });

  it.each([
    ['sk-ant-api03-abcdefghijkl', 'key sk-ant-api03-abcdefghijkl was refused'],
    ['sk-proj-1234567890', 'sk-proj-1234567890'],
    ['eyJhbGciOi.abc', 'header was Bearer eyJhbGciOi.abc'],
    ['user:hunter2', 'connect to postgres://user:hunter2@db:5432/x failed'],
  ])('removes %s from texts in other fields', (secret, text) => {
    expect(JSON.stringify(cleanForLog({ reason: text, nested: [{ reason: text }] }))).not.toContain(secret);
  });

  it('keeps ordinary words that resemble keys', () => {
    expect(cleanForLog('task-deadline-exceeded risk_assessment')).toBe('task-deadline-exceeded risk_assessment');
  });

  it('describes an error by type, code, status and frames, with its causes', () => {
    const error = new ProviderDownError('openai answered 503', {
      cause: Object.assign(new Error('reset'), { code: 'ECONNRESET' }),
    });
    expect(cleanForLog({ err: error })).toMatchObject({
      err: {
        type: 'ProviderDownError',
        message: 'openai answered 503',
        code: 'PROVIDER_UNAVAILABLE',
        stack: expect.stringMatching(/^\s+at /) as string,
        cause: { type: 'Error', message: 'reset', code: 'ECONNRESET' },
      },
    });
  });

  it('removes later lines of a message from the stack', () => {
    const cleaned = JSON.stringify(cleanForLog(Object.assign(new Error('first\ncanary line'), { response: {} })));
    expect(cleaned).not.toContain('canary');
  });

  it('truncates long texts, long lists and deep objects', () => {
    type Nested = { next?: Nested };
    const deep: Nested = {};
    let end = deep;
    for (let depth = 0; depth < 100; depth += 1) end = end.next = {};
    const cleaned = JSON.stringify(
      cleanForLog({ long: 'x'.repeat(1e6), many: Array.from({ length: 1e4 }, () => 1), deep }),
    );
    expect(cleaned.length).toBeLessThan(5_000);
  });

  it('accepts cycles, getters that throw, and values that JSON cannot represent', () => {
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    expect(() => JSON.stringify(cleanForLog(cycle))).not.toThrow();
    const hostile = Object.defineProperty({}, 'x', {
      enumerable: true,
      get: () => {
        throw new Error('no');
      },
    });
    expect(cleanForLog(hostile)).toBe('[unprintable]');
    expect(cleanForLog({ n: 10n, f: () => 1, b: Buffer.from('secret'), s: new Secret('secret') })).toEqual({
      n: '10',
      f: '[function]',
      b: '[6 bytes]',
      s: '[secret]',
    });
  });
});
