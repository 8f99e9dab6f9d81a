import { z } from 'zod';

import { Secret } from './secret.ts';

const TRUE = new Set(['true', '1', 'yes', 'on']);
const FALSE = new Set(['false', '0', 'no', 'off']);
const DURATION_UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `true`, `1`, `yes`, `on` or their opposites, in any case. */
export const envBoolean = () =>
  z.string().transform((text, context) => {
    const word = text.trim().toLowerCase();
    if (TRUE.has(word)) return true;
    if (FALSE.has(word)) return false;
    context.addIssue({ code: 'custom', message: `must be true or false, got ${JSON.stringify(text)}` });
    return z.NEVER;
  });

/** A decimal integer within bounds, both inclusive. */
export const envInt = ({ min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = {}) =>
  z.string().transform((text, context) => {
    const value = /^\s*[+-]?\d+\s*$/.test(text) ? Number(text) : Number.NaN;
    if (Number.isSafeInteger(value) && value >= min && value <= max) return value;
    context.addIssue({
      code: 'custom',
      message: `must be an integer ${describeBounds(min, max)}, got ${JSON.stringify(text)}`,
    });
    return z.NEVER;
  });

/** A TCP port; 0 lets the system choose, or switches the listener off, as the variable says. */
export const envPort = () => envInt({ min: 0, max: 65_535 });

/**
 * A URL with one of `protocols` (`['redis:', 'rediss:']`). The value is left out of messages: it may hold a password.
 * Keep it in a `Secret` when it does: `envUrl([...]).transform((url) => new Secret(url))`.
 */
export const envUrl = (protocols: readonly string[]) =>
  z.string().transform((text, context) => {
    const url = text.trim();
    if (URL.canParse(url) && protocols.includes(new URL(url).protocol)) return url;
    context.addIssue({ code: 'custom', message: `must be a URL that starts with ${protocols.join('// or ')}//` });
    return z.NEVER;
  });

/** Values separated by commas, trimmed; empty ones are dropped. */
export const envList = () =>
  z.string().transform((text) =>
    text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  );

/** One of the given words. */
export const envChoice = <const Word extends string>(words: readonly [Word, ...Word[]]) =>
  z.enum(words, { error: ({ input }) => `must be one of ${words.join(', ')}, got ${JSON.stringify(input)}` });

/** A length of time as `250ms`, `30s`, `5m`, `2h` or `1d`; of bare numbers only `0`. Parsed to milliseconds. */
export const envDurationMs = ({ minMs = 0, maxMs = Number.MAX_SAFE_INTEGER } = {}) =>
  z.string().transform((text, context) => {
    const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)?$/.exec(text.trim());
    const unit = match?.[2] as keyof typeof DURATION_UNIT_MS | undefined;
    // Without a unit 20 could be seconds or milliseconds; 0 is the same in both.
    const factor = unit === undefined ? (Number(match?.[1]) === 0 ? 1 : Number.NaN) : DURATION_UNIT_MS[unit];
    const valueMs = Math.round(Number(match?.[1]) * factor);
    if (valueMs >= minMs && valueMs <= maxMs) return valueMs;
    context.addIssue({
      code: 'custom',
      message: `must be a duration with a unit, such as 500ms, 30s, 5m, 2h or 1d (${describeBounds(minMs, maxMs)} ms), got ${JSON.stringify(text)}`,
    });
    return z.NEVER;
  });

/**
 * A value that is never printed, not even in the message that rejects it.
 * @param options.hint what to do about one that is too short
 */
export const envSecret = ({ minLength = 1, hint }: { minLength?: number; hint?: string } = {}) =>
  z
    .string()
    .refine((text) => text.trim().length >= minLength, {
      error: ({ input }) => {
        const length = typeof input === 'string' ? input.trim().length : 0;
        const fault = `must have at least ${minLength} character${minLength === 1 ? '' : 's'}, has ${length}`;
        return hint === undefined ? fault : `${fault}; ${hint}`;
      },
    })
    .transform((text) => new Secret(text.trim()));

function describeBounds(min: number, max: number): string {
  if (min <= Number.MIN_SAFE_INTEGER && max >= Number.MAX_SAFE_INTEGER) return 'of any size';
  if (max >= Number.MAX_SAFE_INTEGER) return `of at least ${min}`;
  if (min <= Number.MIN_SAFE_INTEGER) return `of at most ${max}`;
  return `from ${min} to ${max}`;
}
