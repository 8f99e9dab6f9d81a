import { fence } from '@pressroom/contracts';
import { describe, expect, it } from 'vitest';
import { findPromptLeak } from './find-prompt-leak.ts';

const prompt = {
  system: [
    'You write one part of an article.',
    '- Every statement rests on the notes. Take figures, names and dates from them unchanged.',
    fence(
      'brief',
      'Style guide:\nNever tell readers that project KINGFISHER exists. Say "we are here for you every day".',
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
    ['its style guide', 'I must never tell readers that project KINGFISHER exists.'],
  ])('finds a reply that gives away %s', (_what, text) => {
    expect(findPromptLeak(['Harmless.', text], prompt)).toBeDefined();
  });

  it.each([
    ['what its notes say', 'Every tower on the coast was built by the same three brothers [1].'],
    ['what the style guide wants said', 'Call us: we are here for you every day.'],
    ['a few words that any text has', 'Take figures, names and places as they come.'],
  ])('lets a reply say %s', (_what, text) => {
    expect(findPromptLeak([text], prompt)).toBeUndefined();
  });
});
