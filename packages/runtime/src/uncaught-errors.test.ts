import { EventEmitter } from 'node:events';

import { describe, expect, it } from 'vitest';

import { createLogger } from './logger.ts';
import { endOnUncaughtErrors } from './uncaught-errors.ts';

function start(identity?: { stepId: string }) {
  const host = new EventEmitter();
  const seen = { reasons: [] as [string, number | undefined][], handed: [] as unknown[], log: [] as string[] };
  endOnUncaughtErrors({
    log: createLogger({ name: 'test', destination: { write: (line) => seen.log.push(line) } }),
    shutdown: {
      begin: (reason, code) => {
        seen.reasons.push([reason, code]);
        return Promise.resolve(code ?? 0);
      },
    },
    identify: () => identity,
    onUncaught: (given) => seen.handed.push(given),
    process: host as NodeJS.Process,
  });
  return { ...seen, fail: (origin: string) => host.emit('uncaughtException', new Error('boom'), origin) };
}

describe('an uncaught error', () => {
  it('is logged with its step, releases running work, and ends the process with 1', () => {
    const { fail, reasons, handed, log } = start({ stepId: 's' });
    fail('unhandledRejection');
    expect(reasons).toEqual([['uncaught error (unhandledRejection)', 1]]);
    expect(handed).toEqual([{ stepId: 's' }]);
    expect(JSON.parse(log[0] ?? '')).toMatchObject({
      level: 60,
      msg: 'process.uncaught_error',
      origin: 'unhandledRejection',
      stepId: 's',
      err: { message: 'boom' },
    });
  });

  it('starts the shutdown once; further errors are logged', () => {
    const { fail, reasons, handed, log } = start();
    for (let n = 0; n < 3; n += 1) fail('uncaughtException');
    expect(reasons).toHaveLength(1);
    expect(handed).toEqual([undefined]);
    expect(log).toHaveLength(3);
  });
});
