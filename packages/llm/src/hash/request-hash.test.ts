import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashRequest, type HashedCall, type HashedSchema } from './request-hash.ts';

type Request = Required<HashedCall> & { schema: HashedSchema };
/** A request in which every part is optional. */
type Changed = HashedCall & { schema?: HashedSchema };

const text = fc.string({ maxLength: 40 });
const someRequest: fc.Arbitrary<Request> = fc.record({
  purpose: text,
  prompt: fc.record({ id: text, version: text }),
  system: text,
  messages: fc.array(fc.record({ role: fc.constantFrom('user', 'assistant' as const), content: text }), {
    minLength: 1,
    maxLength: 3,
  }),
  schema: fc.record({ name: text, jsonSchema: fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.jsonValue()) }),
  maxOutputTokens: fc.integer({ min: 1, max: 10_000 }),
  temperature: fc.double({ min: 0, max: 2, noNaN: true }),
  tier: fc.constantFrom('T1', 'T2', 'T3' as const),
});
const hash = (request: Changed): string => hashRequest(request, request.schema);

/** One changed copy per field of the request. */
const changes: Record<string, (request: Request) => Changed> = {
  purpose: (call) => ({ ...call, purpose: `${call.purpose}x` }),
  'prompt.id': (call) => ({ ...call, prompt: { ...call.prompt, id: `${call.prompt.id}x` } }),
  'prompt.version': (call) => ({ ...call, prompt: { ...call.prompt, version: `${call.prompt.version}x` } }),
  system: (call) => ({ ...call, system: `${call.system} ` }),
  'messages: content': (call) => ({
    ...call,
    messages: call.messages.map(({ role, content }) => ({ role, content: `${content}.` })),
  }),
  'messages: role': (call) => ({
    ...call,
    messages: call.messages.map(({ role, content }) => ({ role: role === 'user' ? 'assistant' : 'user', content })),
  }),
  'messages: an additional one': (call) => ({ ...call, messages: [...call.messages, { role: 'user', content: '' }] }),
  'messages: text moved from the system prompt': (call) => ({
    ...call,
    system: '',
    messages: [{ role: 'user', content: call.system }, ...call.messages],
  }),
  'schema.name': (call) => ({ ...call, schema: { ...call.schema, name: `${call.schema.name}x` } }),
  'schema.jsonSchema': ({ schema, ...call }) => ({
    ...call,
    schema: { name: schema.name, jsonSchema: { ...schema.jsonSchema, ADDED: 1 } },
  }),
  'schema: none': (call) => without(call, 'schema'),
  maxOutputTokens: (call) => ({ ...call, maxOutputTokens: call.maxOutputTokens + 1 }),
  temperature: (call) => ({ ...call, temperature: call.temperature + 0.5 }),
  'temperature: none': (call) => without(call, 'temperature'),
  tier: (call) => ({ ...call, tier: call.tier === 'T1' ? 'T2' : 'T1' }),
  'tier: none': (call) => without(call, 'tier'),
};

describe('hashRequest', () => {
  it.each(Object.entries(changes))('changes with: %s', (_field, change) => {
    fc.assert(
      fc.property(someRequest, (request) => {
        expect(hash(change(request))).not.toBe(hash(request));
      }),
      { numRuns: 50 },
    );
  });

  it('covers every field of the request', () => {
    const fields = fc.sample(someRequest, 1).flatMap((request) => Object.keys(request));
    const changed = new Set(Object.keys(changes).map((name) => name.split(/[.:]/)[0]));
    expect(fields.filter((field) => !changed.has(field))).toEqual([]);
  });

  it('does not depend on the order of keys, at any depth', () => {
    fc.assert(
      fc.property(someRequest, (request) => {
        expect(hash(reversed(request) as Request)).toBe(hash(request));
      }),
    );
  });

  it('does not depend on the path of the call', () => {
    fc.assert(
      fc.property(someRequest, text, (request, path) => {
        expect(hash({ ...request, path } as Changed)).toBe(hash(request));
      }),
    );
  });
});

function without(request: Request, field: 'schema' | 'temperature' | 'tier'): Changed {
  return Object.fromEntries(Object.entries(request).filter(([key]) => key !== field)) as unknown as Changed;
}

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, inner]) => [key, reversed(inner)]),
  );
}
