import type { PressroomClient } from '@pressroom/client';

import type { ExitCode } from '../exit-codes.ts';
import type { Terminal } from '../terminal.ts';

export interface CommandContext {
  connect: () => PressroomClient;
  terminal: Terminal;
}

/** One word after `pressroom`. */
export interface Command {
  name: string;
  /** Arguments as the usage text shows them. */
  usage: string;
  summary: string;
  /** @throws {UsageError}, and the client's errors */
  run(args: readonly string[], context: CommandContext): Promise<ExitCode>;
}
