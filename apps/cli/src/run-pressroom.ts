import packageJson from '../package.json' with { type: 'json' };
import { bulkCancel, bulkRetry } from './commands/bulk-tasks.ts';
import { cancel } from './commands/cancel.ts';
import type { Command, CommandContext } from './commands/command.ts';
import { cost } from './commands/cost.ts';
import { operation } from './commands/operation.ts';
import { retention } from './commands/retention.ts';
import { result } from './commands/result.ts';
import { submit } from './commands/submit.ts';
import { taskTypes } from './commands/task-types.ts';
import { watch } from './commands/watch.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { reportFailure } from './report-failure.ts';

/** Every command. To add one: its file under `commands/`, and a word here. */
const COMMANDS: readonly Command[] = [
  submit,
  watch,
  result,
  cost,
  cancel,
  bulkCancel,
  bulkRetry,
  operation,
  taskTypes,
  retention,
];

/** Runs one command line. Never throws: failures go to standard error and the exit code. */
export async function runPressroom(argv: readonly string[], context: CommandContext): Promise<ExitCode> {
  const [name, ...args] = argv;
  if (name === '--version') {
    context.terminal.out(packageJson.version);
    return EXIT.ok;
  }
  const isHelp = name === '--help' || name === '-h' || name === 'help';
  if (isHelp) {
    context.terminal.out(usage());
    return EXIT.ok;
  }
  const command = COMMANDS.find((known) => known.name === name);
  if (command === undefined) {
    context.terminal.err(name === undefined ? usage() : `unknown command: ${name}\n\n${usage()}`);
    return EXIT.usage;
  }
  if (args.includes('--help') || args.includes('-h')) {
    context.terminal.out(`pressroom ${command.name} ${command.usage}\n  ${command.summary}`);
    return EXIT.ok;
  }
  try {
    return await command.run(args, context);
  } catch (error) {
    return reportFailure(error, context.terminal);
  }
}

function usage(): string {
  const lines = COMMANDS.map(({ name, usage: args, summary }) => `  ${name} ${args}\n      ${summary}`);
  return `Usage: pressroom COMMAND

${lines.join('\n')}

--version           print the release

PRESSROOM_URL       where the coordinator is (http://127.0.0.1:4400)
PRESSROOM_API_KEY   an API key`;
}
