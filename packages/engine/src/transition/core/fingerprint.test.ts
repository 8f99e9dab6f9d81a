import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { fingerprintOf, normaliseMessage, scrubMessage } from './fingerprint.ts';

const CAUSE = { code: 'FETCH_FAILED', errorClass: 'FetchFailedError', topFrame: 'packages/runtime/src/a.ts:fetch' };

describe('normaliseMessage', () => {
  it.each([
    ['task 0190a000-0000-7000-8000-00000000002a is gone', 'task <id> is gone'],
    ['no answer from https://example.org/a?b=1 within 2000 ms', 'no answer from <url> within <n> ms'],
    ['connect ECONNREFUSED 10.0.0.7:5432', 'connect econnrefused <host>'],
    ['getaddrinfo ENOTFOUND api.example.org', 'getaddrinfo enotfound <host>'],
    ['the section "Why trees?" has 3 words', 'the section <text> has <n> words'],
    ['cannot open /var/lib/app/x.json', 'cannot open <path>'],
    ['reply req_01HX3Q9W7Z8T was cut', 'reply <id> was cut'],
    ['openai is unavailable (model gpt-6.1-terra, status 503)', 'openai is unavailable (model <model>, status <n>)'],
    ['no valid reply for draft-lead: the reply is no JSON', 'no valid reply for <purpose>: the reply is no json'],
    [
      'no source; source 1 (a.example/x) is blocked; source 2 (b.example/y) is blocked',
      'no source; source <n> (<host>) is blocked',
    ],
    [
      'no source; source 1 ("A") is too short; source 2 ("B") is too short',
      'no source; source <n> (<text>) is too short',
    ],
    ['write to  ada@example.org\nnow', 'write to <address> now'],
  ])('makes of "%s" "%s"', (message, expected) => {
    expect(normaliseMessage(message)).toBe(expected);
  });
});

describe('scrubMessage', () => {
  it('redacts keys, tokens and passwords', () => {
    const message = 'sk-proj-abcdefgh1234 with Bearer abc.def.ghi on postgres://user:hush@db/x';
    const scrubbed = scrubMessage(message);
    for (const secret of ['abcdefgh1234', 'abc.def.ghi', 'hush']) expect(scrubbed).not.toContain(secret);
  });
});

describe('fingerprintOf', () => {
  it('does not depend on ids, numbers and addresses in the message', () => {
    const of = (id: string, ms: number, host: string) =>
      fingerprintOf({ ...CAUSE, message: `call ${id} to ${host} took ${ms} ms` });
    fc.assert(
      fc.property(fc.uuid(), fc.nat(), fc.webUrl(), (id, ms, host) => {
        expect(of(id, ms, host)).toBe(of('0190a000-0000-7000-8000-000000000001', 1, 'https://a.example/'));
      }),
    );
  });

  it.each([
    ['code', { code: 'FETCH_TIMED_OUT' }],
    ['class', { errorClass: 'OtherError' }],
    ['frame', { topFrame: 'packages/runtime/src/a.ts:other' }],
    ['message', { message: 'another sentence' }],
  ])('differs by %s', (_what, other) => {
    const one = { ...CAUSE, message: 'a sentence' };
    expect(fingerprintOf({ ...one, ...other })).not.toBe(fingerprintOf(one));
  });

  it('has sixteen hexadecimal digits, as in the API', () => {
    expect(fingerprintOf({ code: 'X', message: '' })).toMatch(/^[0-9a-f]{16}$/);
  });
});
