import fc from 'fast-check';
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import { describe, expect, it } from 'vitest';
import { createTokenizer, splitByTokens } from './tokenizer.ts';

const piece = fc.oneof(
  fc.string(),
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom(
    '\n',
    '\n\n',
    ' \n',
    '\n/',
    '\r\n',
    '\t\n ',
    '. ',
    '<|endoftext|>',
    '日本語',
    '🧑‍🚀',
    'The tide rises.\n',
  ),
);
const text = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));

describe('createTokenizer', () => {
  it('counts exactly the tokens of the whole text', () => {
    const tokenizer = createTokenizer();
    const plain = { allowedSpecial: new Set<string>(), disallowedSpecial: new Set<string>() };
    fc.assert(
      fc.property(text, (given) => tokenizer.count(given) === countTokens(given, plain)),
      { numRuns: 500 },
    );
  });

  it('counts the same after evicting cached lines', () => {
    const small = createTokenizer(64);
    const large = createTokenizer();
    fc.assert(fc.property(text, (given) => small.count(given) === large.count(given)));
  });
});

describe('splitByTokens', () => {
  it('returns one piece per token, which together are the text', () => {
    const tokenizer = createTokenizer();
    fc.assert(
      fc.property(text, (given) => {
        const tokens = tokenizer.encode(given);
        const pieces = splitByTokens(given, tokens);
        return pieces.length === tokens.length && pieces.join('') === given.toWellFormed();
      }),
      { numRuns: 500 },
    );
  });

  it('delays a character until its last token', () => {
    const tokens = createTokenizer().encode('ઽ!');
    expect(splitByTokens('ઽ!', tokens)).toEqual(['', 'ઽ', '!']);
  });
});
