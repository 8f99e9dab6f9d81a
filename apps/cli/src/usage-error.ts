/** The command line is wrong. The message says how; the program exits with 2. */
export class UsageError extends Error {
  override get name(): string {
    return 'UsageError';
  }
}
