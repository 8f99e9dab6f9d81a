import { inspect } from 'node:util';

const MASK = '[secret]';

/**
 * A value that must never be printed: string conversion, JSON, `console.log` and the logger show `[secret]`. Call `reveal()`
 * only where the value leaves the process.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return MASK;
  }

  toJSON(): string {
    return MASK;
  }

  [inspect.custom](): string {
    return MASK;
  }
}
