import { describe, expect, it } from 'vitest';

import { AppError, errorMessage } from './app-error.ts';

class ThingMissingError extends AppError {
  readonly code = 'NOT_FOUND';
  readonly retryable = false;
}

describe('AppError', () => {
  it('carries the name of its class, the cause and the retry delay', () => {
    const cause = new Error('origin');
    const error = new ThingMissingError('no thing', { cause, retryAfterMs: 250 });
    expect(error).toMatchObject({ name: 'ThingMissingError', message: 'no thing', retryAfterMs: 250, cause });
  });

  it('is recognised across two copies of the package by its marker', () => {
    const foreign = { [Symbol.for('pressroom.error')]: true };
    expect(AppError.is(foreign)).toBe(true);
    expect(AppError.is(new ThingMissingError('x'))).toBe(true);
  });

  it.each([new Error('plain'), null, undefined, 'text', 42])('does not recognise %s', (value) => {
    expect(AppError.is(value)).toBe(false);
  });
});

describe('errorMessage', () => {
  it.each([
    [new Error('reason'), 'reason'],
    ['thrown text', 'thrown text'],
    [undefined, 'undefined'],
    [null, 'null'],
  ])('describes %s', (thrown, message) => {
    expect(errorMessage(thrown)).toBe(message);
  });
});
