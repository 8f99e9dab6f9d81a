import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashRequest, type HashedCall } from './request-hash.ts';

const text = fc.string({ maxLength: 40 });
const someCall: fc.Arbitrary<Required<HashedCall>> = fc.record({
  purpose: text,
  prompt: fc.record({ id: text, version: text }),
  system: text,
  messages: fc.array(fc.record({ role: fc.constantFrom('user', 'assistant' as const), content: text }), { minLength: 1, maxLength: 3 }),
  schema: fc.record({ name: text, jsonSchema: fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.jsonValue()) }),
  maxOutputTokens: fc.integer({ min: 1, max: 10_000 }),
  temperature: fc.double({ min: 0, max: 2, noNaN: true }),
  tier: fc.constantFrom('T1', 'T2', 'T3' as const),
});

/** One changed copy per field of the request. */
const changes: Record<string, (call: Required<HashedCall>) => HashedCall> = {
  purpose: (call) => ({ ...call, purpose: `${call.purpose}x` }),
  'prompt.id': (call) => ({ ...call, prompt: { ...call.prompt, id: `${call.prompt.id}x` } }),
  'prompt.version': (call) => ({ ...call, prompt: { ...call.prompt, version: `${call.prompt.version}x` } }),
  system: (call) => ({ ...call, system: `${call.system} ` }),
  'messages: content': (call) => ({ ...call, messages: [...call.messages.slice(0, -1), { role: 'user', content: 'other\u0000' }] }),
  'messages: role': (call) => ({
    ...call,
    messages: call.messages.map((message) => ({ ...message, role: message.role === 'user' ? 'assistant' : 'user' })),
  }),
  'messages: one more': (call) => ({ ...call, messages: [...call.messages, { role: 'user', content: '' }] }),
  'messages: split in two': (call) => ({
    ...call,
    messages: [{ role: 'user', content: call.system }, ...call.messages],
    system: '',
  }),
  'schema.name': (call) => ({ ...call, schema: { ...call.schema, name: `${call.schema.name}x` } }),
  'schema.jsonSchema': (call) => ({ ...call, schema: { ...call.schema, jsonSchema: { ...call.schema.jsonSchema, ADDED: 1 } } }),
  'schema: none': ({ schema: _, ...call }) => call,
  maxOutputTokens: (call) => ({ ...call, maxOutputTokens: call.maxOutputTokens + 1 }),
  temperature: (call) => ({ ...call, temperature: call.temperature + 0.5 }),
  'temperature: none': ({ temperature: _, ...call }) => call,
  tier: (call) => ({ ...call, tier: call.tier === 'T1' ? 'T2' : 'T1' }),
  'tier: none': ({ tier: _, ...call }) => call,
};

describe('hashRequest', () => {
  it.each(Object.entries(changes))('differs when only this changes: %s', (_field, change) => {
    fc.assert(
      fc.property(someCall, (call) => {
        expect(hashRequest(change(call))).not.toBe(hashRequest(call));
      }),
      { numRuns: 50 },
    );
  });

  it('covers every field of the request', () => {
    const fields = fc.sample(someCall, 1).flatMap((call) => Object.keys(call));
    const changed = new Set(Object.keys(changes).map((name) => name.split(/[.:]/)[0]));
    expect(fields.filter((field) => !changed.has(field))).toEqual([]);
  });

  it('does not depend on the order of keys, at any depth', () => {
    fc.assert(
      fc.property(someCall, (call) => {
        expect(hashRequest(reversed(call) as HashedCall)).toBe(hashRequest(call));
      }),
    );
  });

  it('does not depend on which model answers or where in the step the call stands', () => {
    const call = { ...fc.sample(someCall, 1)[0], path: 'a', accept: () => [] } as unknown as HashedCall;
    expect(hashRequest({ ...call, path: 'b' } as HashedCall)).toBe(hashRequest(call));
  });
});

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, inner]) => [key, reversed(inner)]),
  );
}
