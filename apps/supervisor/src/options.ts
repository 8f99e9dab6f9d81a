import { parseArgs } from 'node:util';

/** What `npm start -- --help` prints. */
export const USAGE = `usage: npm start -- [options]

Starts a coordinator, workers and, where the environment names none, PostgreSQL and the offline simulator.
Ctrl-C drains and stops all of it.

  --workers N   run N workers, 1 to 64 (default: 2, and 1 on a machine with one core)
  --autoscale   start and drain workers with the work that waits, from none to N (default: one per core, at least 2)
  --json        print what was started as one JSON object
  --help        print this

Variables: README.md, "Configuration". Unknown or wrong ones are reported at start.
`;

export interface Options {
  /** Print the usage and start nothing. */
  help: boolean;
  /** Follow the coordinator's scaling advice, from no workers up to `workers`, instead of running that many. */
  autoscale: boolean;
  workers: number | undefined;
  /** Say what was started as one JSON object on stdout. */
  json: boolean;
  /** A program to run once everything is up; then all is stopped and its exit code is ours. */
  run: { program: string; args: string[] } | undefined;
}

const MAX_WORKERS = 64;

/** Reads the command line; problems are collected, not thrown, so that they are reported together with those of the environment. */
export function parseOptions(argv: readonly string[]): { options: Options; problems: string[] } {
  const end = argv.indexOf('--');
  const own = end === -1 ? argv : argv.slice(0, end);
  const passed = end === -1 ? [] : argv.slice(end + 1);
  const { tokens } = parseArgs({
    args: [...own],
    options: {
      autoscale: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
      json: { type: 'boolean' },
      workers: { type: 'string' },
      run: { type: 'string' },
    },
    strict: false,
    tokens: true,
  });
  const options: Options = { help: false, autoscale: false, workers: undefined, json: false, run: undefined };
  const problems: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue;
    if (token.kind === 'positional') problems.push(`unexpected ${JSON.stringify(token.value)}`);
    else if (token.name === 'autoscale') options.autoscale = true;
    else if (token.name === 'help') options.help = true;
    else if (token.name === 'json') options.json = true;
    else if (token.name === 'run' && token.value) options.run = { program: token.value, args: passed };
    else if (token.name === 'workers') options.workers = readCount(token.value, problems);
    else problems.push(`unknown option ${token.rawName}; known are --workers N, --autoscale, --json, --help`);
  }
  return { options, problems };
}

function readCount(text: string | undefined, problems: string[]): number | undefined {
  const count = /^\d+$/.test(text ?? '') ? Number(text) : 0;
  if (count >= 1 && count <= MAX_WORKERS) return count;
  problems.push(`--workers needs a number from 1 to ${MAX_WORKERS}, got ${JSON.stringify(text ?? '')}`);
  return undefined;
}
