import { join } from 'node:path';
import type { Readable } from 'node:stream';

import { createLogFile } from './log-file.ts';
import { createLineSplitter } from './split-lines.ts';
import { summariseLogLine } from './summarise-log-line.ts';

const KEPT_LINES = 12;

export interface ChildOutput {
  attach(...streams: (Readable | null)[]): void;
  /** The last lines, for the message about a child that did not start. */
  tail(): string;
}

/** Writes a child's output to `<logDir>/<name>.log` and passes on what a person should see at once. */
export function createChildOutput(logDir: string, name: string, show: (text: string) => void): ChildOutput {
  const file = createLogFile(join(logDir, `${name}.log`));
  const kept: string[] = [];
  const onLine = (line: string) => {
    file.write(`${line}\n`);
    kept.push(line);
    if (kept.length > KEPT_LINES) kept.shift();
    const summary = summariseLogLine(line);
    if (summary !== undefined) show(`[${name}] ${summary}`);
  };
  return {
    attach: (...streams) => {
      for (const stream of streams) {
        const splitter = createLineSplitter(onLine);
        stream?.setEncoding('utf8').on('data', splitter.push).on('end', splitter.end);
      }
    },
    tail: () => kept.join('\n'),
  };
}
