import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { validateReply } from './validate-reply.ts';

const schema = { zod: z.strictObject({ title: z.string(), words: z.int() }) };
const stop = (text: string) => ({ text, finish: 'stop' as const });

describe('validateReply', () => {
  it('returns the text unchanged when there is no schema', () => {
    expect(validateReply(stop('plain'), {})).toEqual({ outcome: 'valid', value: 'plain' });
  });

  it('parses a valid reply', () => {
    expect(validateReply(stop('{"title":"t","words":3}'), { schema })).toEqual({
      outcome: 'valid',
      value: { title: 't', words: 3 },
    });
  });

  it('parses the content of a Markdown fence', () => {
    expect(validateReply(stop('```json\n{"title":"t","words":3}\n```'), { schema })).toMatchObject({
      outcome: 'valid',
    });
  });

  it('never accepts a cut reply as complete, even if it parses', () => {
    const cut = { text: '{"title":"t","words":3}', finish: 'length' as const };
    expect(validateReply(cut, { schema })).toEqual({
      outcome: 'invalid',
      problems: 'the reply was cut at the output limit',
    });
  });

  it('accepts a cut reply when there is no schema: the caller sees the finish', () => {
    expect(validateReply({ text: 'so far', finish: 'length' }, {})).toMatchObject({ outcome: 'valid' });
  });

  it('names paths and kinds of the problems, never text of the model', () => {
    const verdict = validateReply(stop('{"title":"SECRET-CANARY","words":"SECRET-CANARY","SECRET CANARY key":1}'), {
      schema,
    });
    expect(verdict).toMatchObject({
      outcome: 'invalid',
      problems: expect.stringContaining('words invalid_type') as string,
    });
    expect(JSON.stringify(verdict)).not.toContain('CANARY');
  });

  it('names the caller’s checks that failed', () => {
    const accept = (): string[] => ['there are 2 sections where 3 are due', 'section 2 uses no note'];
    expect(validateReply(stop('{}'), { accept })).toEqual({
      outcome: 'invalid',
      problems: 'there are 2 sections where 3 are due; section 2 uses no note',
    });
  });

  it('lists five failed checks, each of bounded length, and counts the rest', () => {
    const accept = (): string[] => Array.from({ length: 8 }, (_, index) => `check ${index} ${'x'.repeat(1_000)}`);
    const verdict = validateReply(stop('{}'), { accept });
    expect(verdict).toMatchObject({ problems: expect.stringMatching(/^check 0 .*check 4 .*; and 3 more$/s) as string });
    expect(JSON.stringify(verdict).length).toBeLessThan(1_000);
  });
});
