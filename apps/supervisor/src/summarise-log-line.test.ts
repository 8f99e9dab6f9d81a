import { describe, expect, it } from 'vitest';

import { summariseLogLine } from './summarise-log-line.ts';

const line = (fields: object) => JSON.stringify({ time: 't', pid: 1, hostname: 'h', name: 'worker', ...fields });

describe('summariseLogLine', () => {
  it('keeps routine entries off the terminal', () => {
    expect(summariseLogLine(line({ level: 30, msg: 'step.settled' }))).toBeUndefined();
  });

  it('shortens a warning to its event, its facts and the error', () => {
    const entry = line({
      level: 40,
      msg: 'call.failed',
      model: 'm1',
      attempt: 2,
      err: { message: 'no route', stack: 's' },
    });
    expect(summariseLogLine(entry)).toBe('warn call.failed model=m1 attempt=2 (no route)');
  });

  it('passes on what is not a log entry, such as a crash report', () => {
    expect(summariseLogLine('SyntaxError: x')).toBe('SyntaxError: x');
    expect(summariseLogLine('{ half of an object')).toBe('{ half of an object');
  });
});
