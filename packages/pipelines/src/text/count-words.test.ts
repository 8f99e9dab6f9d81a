import { describe, expect, it } from 'vitest';
import { countWords } from './count-words.ts';

describe('countWords', () => {
  it.each([
    { text: '', words: 0 },
    { text: 'Three plain words', words: 3 },
    { text: 'A well-known 1,200-page book isn’t short.', words: 6 },
    { text: 'Cited [1] twice [2, 3].', words: 2 },
    { text: 'Dash—between, and — around.', words: 4 },
    { text: '## Heading words\n\n- one item\n2. second item', words: 6 },
    { text: 'A [linked phrase](https://example.org/a-b-c) counts.', words: 4 },
    { text: '**Bold** and *light* words', words: 4 },
    { text: 'Größere Häuser über Zürich', words: 4 },
    { text: '我喜欢读书', words: 3 },
  ])('counts $words in "$text"', ({ text, words }) => {
    expect(countWords(text)).toBe(words);
  });
});
