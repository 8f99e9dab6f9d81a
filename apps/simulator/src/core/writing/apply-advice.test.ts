import { describe, expect, it } from 'vitest';
import { applyAdvice, applyAll } from './apply-advice.ts';

describe('applyAdvice', () => {
  it.each([
    ['Users pay, users win.', 'write "people" instead of "users".', 'People pay, people win.'],
    ['Reusers pay.', 'write "people" instead of "users".', undefined],
    ['The color [1].', 'British spelling: write "colour" instead of "color".', 'The colour [1].'],
    ['In fact, it works.', 'do not write "In fact".', 'It works.'],
    ['It works!', 'no exclamation marks', 'It works.'],
    ['It works; it lasts.', 'no semicolons: make it two sentences', 'It works. It lasts.'],
    ['It works — mostly.', 'no long dashes: use commas or two sentences', 'It works, mostly.'],
    [
      'The gate weighs 210 tonnes and it is moved by two winches in the north [2].',
      'the sentence has 15 words and may have 9: split or shorten it',
      'The gate weighs 210 tonnes [2]. It is moved by two winches in the north [2].',
    ],
    ['It works.', 'be livelier', undefined],
  ])('changes "%s" with the advice "%s" to: %s', (text, advice, expected) => {
    expect(applyAdvice(text, advice)).toBe(expected);
  });

  it('applies one advice after another', () => {
    const advices = ['write "people" instead of "users".', 'be livelier', 'no exclamation marks'];
    expect(applyAll('Users win!', advices)).toBe('People win.');
  });
});
