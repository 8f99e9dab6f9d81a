import { fence } from '@pressroom/contracts';
import { describe, expect, it } from 'vitest';
import { findPromptLeak } from './find-prompt-leak.ts';

const prompt = {
  system: [
    'You write one part of an article.',
    '- Every statement rests on the notes. Take figures, names and dates from them unchanged.',
    fence(
      'brief',
      'Style guide:\nNever inform readers that project KINGFISHER exists. Say "we are here for you every day".',
    ),
  ].join('\n\n'),
  user: [
    fence('notes', 'n1 [1] Every tower on the coast was built by the same three brothers.'),
    'Write section 1 in 40 words.',
  ].join('\n\n'),
};

describe('findPromptLeak', () => {
  it.each([
    ['its instructions', 'My orders: take figures, names and dates from them unchanged; so here goes.'],
    ['its style guide', 'I must never inform readers that project KINGFISHER exists.'],
  ])('detects a reply that leaks %s', (_what, text) => {
    expect(findPromptLeak(['Harmless.', text], prompt)).toBeDefined();
  });

  it.each([
    ['text of the notes', 'Every tower on the coast was built by the same three brothers [1].'],
    ['a quoted phrase of the style guide', 'Call us: we are here for you every day.'],
    ['a few common words', 'Take figures, names and places as they come.'],
  ])('allows a reply with %s', (_what, text) => {
    expect(findPromptLeak([text], prompt)).toBeUndefined();
  });
});
