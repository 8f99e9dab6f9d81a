/**
 * Preloaded into a process under test: adds the milliseconds in the file `CLOCK_OFFSET_FILE` to its wall clock, in every
 * thread, within 20 ms of a change. Timers and `performance.now()` stay as they are, as when an operator sets the clock.
 */
import { readFileSync } from 'node:fs';

const file = process.env['CLOCK_OFFSET_FILE'] ?? '';
const RealDate = Date;
const realNow = RealDate.now.bind(RealDate);
let offsetMs = 0;

const read = () => {
  try {
    offsetMs = Number(readFileSync(file, 'utf8')) || 0;
  } catch {
    offsetMs = 0;
  }
};
read();
setInterval(read, 20).unref();

globalThis.Date = class Date extends RealDate {
  constructor(...parts) {
    if (parts.length === 0) super(realNow() + offsetMs);
    else super(...parts);
  }
  static now() {
    return realNow() + offsetMs;
  }
};
