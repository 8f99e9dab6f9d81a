import { ApiError, ConnectionError } from '@pressroom/client';

import { EXIT, type ExitCode } from './exit-codes.ts';
import type { Terminal } from './terminal.ts';
import { UsageError } from './usage-error.ts';

/** Says on standard error what went wrong, in words for the person at the terminal, and answers the exit code. */
export function reportFailure(error: unknown, terminal: Terminal): ExitCode {
  if (error instanceof UsageError) {
    terminal.err(error.message);
    return EXIT.usage;
  }
  if (error instanceof ConnectionError) {
    terminal.err(`${error.message}. Is Pressroom running there? \`npm start\` runs it; PRESSROOM_URL says where.`);
    return EXIT.failed;
  }
  if (error instanceof ApiError) {
    terminal.err(error.message);
    if (error.status === 401) terminal.err('PRESSROOM_API_KEY holds no valid key.');
    return error.status === 400 || error.status === 413 ? EXIT.usage : EXIT.failed;
  }
  terminal.err(error instanceof Error ? error.message : String(error));
  return EXIT.failed;
}
