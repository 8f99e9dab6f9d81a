import { createCatalog } from '@pressroom/catalog';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countTokens } from './count-tokens.ts';
import { countPrompt, estimatePrompt } from './estimate-prompt.ts';

const catalog = createCatalog();
const luna = catalog.require('gpt-6-luna');
const haiku = catalog.require('claude-haiku-5-5');
const prose = 'Notes are merged; every statement names the sources that support it. '.repeat(40);

describe('estimatePrompt', () => {
  it('returns an upper bound above the estimate, with an allowance for framing', () => {
    const estimate = estimatePrompt(countPrompt({ system: prose, messages: [{ role: 'user', content: prose }] }), luna);
    expect(estimate.likelyTokens).toBe(2 * countTokens(prose));
    expect(estimate.maxTokens).toBeGreaterThan(estimate.likelyTokens * 1.1);
  });

  it('scales the count by the factor of the tokenizer', () => {
    const counted = countPrompt({ system: prose, messages: [] });
    expect(estimatePrompt(counted, haiku).likelyTokens).toBe(Math.ceil(countTokens(prose) * 1.56));
  });

  it('includes the schema in the prompt', () => {
    const jsonSchema = { type: 'object', properties: { title: { type: 'string', description: prose } } };
    const without = estimatePrompt(countPrompt({ system: 's', messages: [] }), luna);
    const withSchema = estimatePrompt(
      countPrompt({ system: 's', messages: [], schema: { name: 'n', jsonSchema } }),
      luna,
    );
    expect(withSchema.maxTokens).toBeGreaterThan(without.maxTokens + countTokens(prose));
  });

  it('never decreases when a message is added', () => {
    const message = fc.record({ role: fc.constant('user' as const), content: fc.string({ maxLength: 300 }) });
    fc.assert(
      fc.property(fc.array(message, { maxLength: 5 }), message, (messages, more) => {
        const bound = (list: typeof messages): number =>
          estimatePrompt(countPrompt({ system: '', messages: list }), luna).maxTokens;
        expect(bound([...messages, more])).toBeGreaterThan(bound(messages));
      }),
    );
  });
});
