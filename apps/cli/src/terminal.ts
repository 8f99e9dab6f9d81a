import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';

/** Everything a command touches besides the API, so that tests can stand in for it. */
export interface Terminal {
  /** Results: standard output. */
  out(line: string): void;
  /** Progress and errors: standard error. */
  err(line: string): void;
  readFile(path: string): Promise<string>;
  readStdin(): Promise<string>;
}

export function createTerminal(host: NodeJS.Process = process): Terminal {
  // A reader that has seen enough (`| head`) ends the program quietly.
  host.stdout.on('error', (error: NodeJS.ErrnoException) => {
    host.exit(error.code === 'EPIPE' ? 0 : 1);
  });
  return {
    out: (line) => {
      host.stdout.write(`${line}\n`);
    },
    err: (line) => {
      host.stderr.write(`${line}\n`);
    },
    readFile: (path) => readFile(path, 'utf8'),
    readStdin: () => text(host.stdin),
  };
}
