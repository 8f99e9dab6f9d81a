import { pino, type DestinationStream, type Logger as PinoLogger } from 'pino';

import { cleanForLog } from './clean-for-log.ts';

/**
 * JSON logs. The message is a constant event name (`step.settled`), facts are fields; ids belong in child loggers. Never log
 * prompts, completions, request bodies and keys: log lengths and hashes. As a second line of defence every line, including
 * errors, passes `cleanForLog`.
 */
export type Logger = PinoLogger;

export function createLogger(options: { name: string; level?: string; destination?: DestinationStream }): Logger {
  const log = pino(
    {
      name: options.name,
      level: options.level ?? 'info',
      formatters: {
        log: (fields) => cleanForLog(fields) as Record<string, unknown>,
      },
      // `cleanForLog` has already serialised errors.
      serializers: { err: (error: unknown) => error },
      hooks: {
        // Only fields and an event name are written: error messages and interpolated values would bypass the cleaning.
        logMethod(args: unknown[], method) {
          const [first, second] = args;
          const write = method as (this: PinoLogger, fields: object, event: string) => void;
          if (typeof first === 'string') write.call(this, {}, cleanForLog(first) as string);
          else if (first instanceof Error) write.call(this, { err: first }, eventName(second));
          else write.call(this, first ?? {}, eventName(second));
        },
      },
      timestamp: pino.stdTimeFunctions.isoTime,
    },
    options.destination ?? pino.destination({ dest: 2, sync: true }),
  );
  // The formatter does not clean child bindings; children inherit this method, so theirs are cleaned too.
  const makeChild: unknown = Reflect.get(log, 'child');
  const cleanChild: unknown = function (this: PinoLogger, fields: object, ...rest: unknown[]) {
    return (makeChild as (...args: unknown[]) => PinoLogger).call(this, cleanForLog(fields), ...rest);
  };
  log.child = cleanChild as PinoLogger['child'];
  return log;
}

const eventName = (message: unknown): string =>
  typeof message === 'string' ? (cleanForLog(message) as string) : 'unnamed';

/** A logger that drops everything, for tests and libraries without a caller's logger. */
export const silentLogger = (): Logger => pino({ level: 'silent' });
