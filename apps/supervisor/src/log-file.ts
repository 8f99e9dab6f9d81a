import { appendFileSync, renameSync, statSync } from 'node:fs';

const MAX_BYTES = 10_000_000;

/** Appends to `path`; past `maxBytes` the file becomes `path.1` and a new one begins. Never throws: a full disk must not stop anybody. */
export function createLogFile(path: string, maxBytes = MAX_BYTES): { write: (text: string) => void } {
  let size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  return {
    write: (text) => {
      try {
        if (size + text.length > maxBytes && size > 0) {
          renameSync(path, `${path}.1`);
          size = 0;
        }
        appendFileSync(path, text, { mode: 0o600 });
        size += Buffer.byteLength(text);
      } catch {
        // There is no other place to report it.
      }
    },
  };
}
