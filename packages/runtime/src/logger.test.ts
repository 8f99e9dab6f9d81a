import { describe, expect, it } from 'vitest';

import { createLogger, type Logger } from './logger.ts';

function recordingLogger(): { log: Logger; lines: () => Record<string, unknown>[]; text: () => string } {
  const written: string[] = [];
  const log = createLogger({ name: 'test', level: 'trace', destination: { write: (line) => void written.push(line) } });
  return {
    log,
    text: () => written.join(''),
    lines: () => written.map((line) => JSON.parse(line) as Record<string, unknown>),
  };
}

/** The shape of OpenAI and Anthropic SDK errors: the message and the fields quote the response. */
function sdkError(canary: string): Error {
  return Object.assign(new Error(`400 {"error":{"message":"bad prompt: ${canary}"}}\n${canary}`), {
    name: 'BadRequestError',
    status: 400,
    code: 'invalid_request_error',
    headers: new Headers({ authorization: `Bearer ${canary}` }),
    requestID: 'req_1',
    error: { error: { message: canary, param: 'messages' } },
    request: { body: { messages: [{ role: 'user', content: canary }] } },
  });
}

describe('logger', () => {
  it('writes an event name and facts as one JSON line', () => {
    const { log, lines } = recordingLogger();
    log.info({ stepId: 's1', attempt: 2 }, 'step.settled');
    expect(lines()).toMatchObject([{ name: 'test', level: 30, msg: 'step.settled', stepId: 's1', attempt: 2 }]);
    expect(lines()[0]?.['time']).toMatch(/^\d{4}-.*Z$/);
  });

  const canary = 'CANARY-9f2c';
  it.each<[string, (log: Logger) => void]>([
    [
      'a secret field',
      (log) => {
        log.info({ apiKey: canary }, 'x');
      },
    ],
    [
      'a deeply nested prompt',
      (log) => {
        log.info({ call: { request: { parts: [{ prompt: canary }] } } }, 'x');
      },
    ],
    [
      'completions in a list',
      (log) => {
        log.info({ replies: [{ choices: [{ message: canary }] }] }, 'x');
      },
    ],
    [
      'messages',
      (log) => {
        log.info({ messages: [{ role: 'user', content: canary }] }, 'x');
      },
    ],
    [
      'a child logger',
      (log) => {
        log.child({ token: canary, nested: { body: canary } }).info('x');
      },
    ],
    [
      'a provider error under err',
      (log) => {
        log.error({ err: sdkError(canary) }, 'x');
      },
    ],
    [
      'a provider error under another name',
      (log) => {
        log.error({ failure: sdkError(canary) }, 'x');
      },
    ],
    [
      'a provider error in a list',
      (log) => {
        log.error({ failures: [sdkError(canary)] }, 'x');
      },
    ],
    [
      'a provider error as cause',
      (log) => {
        log.error({ err: new Error('step failed', { cause: sdkError(canary) }) }, 'x');
      },
    ],
    [
      'a provider error instead of fields',
      (log) => {
        log.error(sdkError(canary));
      },
    ],
    [
      'a provider error with an event name',
      (log) => {
        log.error(sdkError(canary), 'call.failed');
      },
    ],
    [
      'interpolation',
      (log) => {
        log.info('prompt was %s', canary);
      },
    ],
    [
      'fields and interpolation',
      (log) => {
        log.info({ a: 1 }, 'prompt was %s', canary);
      },
    ],
  ])('never prints content or keys from %s', (_, write) => {
    const { log, lines, text } = recordingLogger();
    write(log);
    expect(lines()).toHaveLength(1);
    expect(text()).not.toContain(canary);
  });

  it('logs what failed when a provider error is logged', () => {
    const { log, lines } = recordingLogger();
    log.error({ err: sdkError('x') }, 'call.failed');
    expect(lines()[0]).toMatchObject({
      msg: 'call.failed',
      err: { type: 'BadRequestError', status: 400, code: 'invalid_request_error' },
    });
  });

  it('keeps fields of child loggers', () => {
    const { log, lines } = recordingLogger();
    log.child({ taskId: 't1' }).child({ stepId: 's1' }).warn('lease.lost');
    expect(lines()).toMatchObject([{ taskId: 't1', stepId: 's1', msg: 'lease.lost', level: 40 }]);
  });

  it('drops lines below its level', () => {
    const written: string[] = [];
    const log = createLogger({ name: 'x', level: 'warn', destination: { write: (line) => void written.push(line) } });
    log.info('quiet');
    expect(written).toEqual([]);
  });
});
