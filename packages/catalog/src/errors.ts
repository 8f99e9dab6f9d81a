import { AppError } from '@pressroom/runtime';

/** A model has no known price. The call is rejected, because unknown is not zero. */
export class PriceUnknownError extends AppError {
  readonly code = 'PRICE_UNKNOWN';
  readonly retryable = false;

  constructor(model: string) {
    super(`no price is known for model ${model}`);
  }
}

/** The configured catalogue is inconsistent; contains all problems. */
export class CatalogInvalidError extends AppError {
  readonly code = 'CONFIG_INVALID';
  readonly retryable = false;
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`the model catalogue is invalid: ${problems.join('; ')}`);
    this.problems = problems;
  }
}
