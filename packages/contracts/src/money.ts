import { z } from 'zod';

/** Nano-dollars per dollar; all amounts in the database are in nano-dollars. */
export const NANO_PER_USD = 1_000_000_000n;

/** US dollars as a decimal string with nine decimals, the API's format of money. */
export const UsdString = z.string().regex(/^-?\d+\.\d{9}$/);
export type UsdString = z.infer<typeof UsdString>;

/** Formats integer nano-dollars as a decimal string; exact, any sign. */
export function formatUsd(nanoUsd: bigint): UsdString {
  const sign = nanoUsd < 0n ? '-' : '';
  const magnitude = nanoUsd < 0n ? -nanoUsd : nanoUsd;
  return `${sign}${magnitude / NANO_PER_USD}.${(magnitude % NANO_PER_USD).toString().padStart(9, '0')}`;
}

/**
 * Parses a plain decimal (`"2"`, `"0.05"`, at most nine decimals) into nano-dollars.
 * @throws {RangeError} on anything else: exponents, signs other than a leading minus, more decimals
 */
export function parseUsd(text: string): bigint {
  const match = /^(-?)(\d{1,12})(?:\.(\d{1,9}))?$/.exec(text);
  if (!match) throw new RangeError(`not a dollar amount with at most nine decimals: ${text.slice(0, 40)}`);
  const [, sign, whole = '0', fraction = ''] = match;
  const nano = BigInt(whole) * NANO_PER_USD + BigInt(fraction.padEnd(9, '0'));
  return sign === '-' ? -nano : nano;
}

const AMOUNT_RULE = 'must be a positive decimal number of dollars with at most 9 decimals, e.g. "0.25"';

/** Budgets in requests: a positive number or a decimal string, both exact to nine decimals. */
export const UsdAmountInput = z
  .union([z.number().positive(AMOUNT_RULE).max(1_000_000), z.string().regex(/^\d{1,7}(\.\d{1,9})?$/, AMOUNT_RULE)], {
    error: AMOUNT_RULE,
  })
  .transform((value, context) => {
    try {
      const nano = parseUsd(typeof value === 'number' ? trimFixed(value) : value);
      if (nano > 0n) return nano;
      context.addIssue({ code: 'custom', message: 'must be more than zero' });
    } catch {
      context.addIssue({ code: 'custom', message: AMOUNT_RULE });
    }
    return z.NEVER;
  });

function trimFixed(value: number): string {
  return value.toFixed(9).replace(/\.?(?<!0)0+$/, '');
}
