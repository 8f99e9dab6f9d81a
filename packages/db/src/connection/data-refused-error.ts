import { AppError } from '@pressroom/runtime';

/** Why PostgreSQL rejects a value, by SQLSTATE (class 22, data exceptions). */
const REASONS: Readonly<Record<string, string>> = {
  '22001': 'is too long',
  '22003': 'is a number out of range',
  '22007': 'is not a valid instant',
  '22008': 'is an instant out of range',
  '22009': 'has a time zone offset out of range',
  '22021': 'contains a NUL character or is not UTF-8',
  '22023': 'is out of range',
  '22P02': 'does not have the expected format',
  '22P05': 'contains a NUL character or an unpaired surrogate',
};

/**
 * PostgreSQL rejected a value (SQLSTATE class 22); a retry would fail too. The message omits the value, which may be content;
 * `refusedText` is the value as PostgreSQL quotes it, undefined when it quotes none.
 */
export class DataRefusedError extends AppError {
  readonly code = 'VALIDATION_FAILED';
  readonly retryable = false;
  readonly refusedText: string | undefined;

  constructor(sqlState: string, cause: unknown) {
    super(`a value ${REASONS[sqlState] ?? 'cannot be stored'} (SQLSTATE ${sqlState})`, { cause });
    this.refusedText = /"(.*)"/s.exec(cause instanceof Error ? cause.message : '')?.[1];
  }
}

/** SQLSTATE of a data exception, whether `pg` or Prisma reports it. */
export function dataExceptionState(error: unknown): string | undefined {
  const { code, meta } = (error ?? {}) as {
    code?: unknown;
    meta?: { driverAdapterError?: { cause?: { originalCode?: unknown } } };
  };
  const states = [code, meta?.driverAdapterError?.cause?.originalCode];
  return states.find((state): state is string => typeof state === 'string' && /^22[0-9A-Z]{3}$/.test(state));
}
