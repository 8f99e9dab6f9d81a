import { join } from 'node:path';
import type { Readable } from 'node:stream';

import { createLogFile } from './log-file.ts';
import { createLineSplitter } from './split-lines.ts';
import { summariseLogLine } from './summarise-log-line.ts';

export interface ChildOutput {
  attach(...streams: (Readable | null)[]): void;
  /** For output that is at hand as text. */
  write: (text: string) => void;
  /** Where everything is kept. */
  file: string;
}

/** Writes a process's output to `<logDir>/<name>.log` and passes on what a person should see at once. */
export function createChildOutput(logDir: string, name: string, show: (text: string) => void): ChildOutput {
  const path = join(logDir, `${name}.log`);
  const file = createLogFile(path);
  const onLine = (line: string) => {
    file.write(`${line}\n`);
    const summary = summariseLogLine(line);
    if (summary !== undefined) show(`[${name}] ${summary}`);
  };
  return {
    write: createLineSplitter(onLine).push,
    attach: (...streams) => {
      for (const stream of streams) {
        const splitter = createLineSplitter(onLine);
        stream?.setEncoding('utf8').on('data', splitter.push).on('end', splitter.end);
      }
    },
    file: path,
  };
}
