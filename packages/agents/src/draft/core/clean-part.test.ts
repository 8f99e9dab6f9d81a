import { describe, expect, it } from 'vitest';
import { cleanPart } from './clean-part.ts';

describe('cleanPart', () => {
  it.each([
    { title: 'a heading at the start', given: '## Heading\n\nText [1].', expected: 'Text [1].' },
    { title: 'a part mark', given: '[part 2] ## Heading\nText.', expected: 'Text.' },
    { title: 'a code fence around it', given: '```markdown\nText.\n```', expected: 'Text.' },
    {
      title: 'headings of a section’s level',
      given: 'Text.\n\n# Inner\n\nMore.',
      expected: 'Text.\n\n### Inner\n\nMore.',
    },
    { title: 'other line ends and gaps', given: 'One.\r\n\r\n\r\n\r\nTwo.\r\n', expected: 'One.\n\nTwo.' },
    { title: 'citations in other forms', given: 'One [1, 3]. Two [^2].', expected: 'One [1][3]. Two [2].' },
    { title: 'the mark of another part', given: 'One.\n\n[part lead] Two.', expected: 'One.\n\nTwo.' },
    {
      title: 'active content',
      given: 'One ![x](http://evil.test/?q=1) [two](http://evil.test) <b>three</b>.',
      expected: 'One x two three.',
    },
    { title: 'no other text', given: '- **One** [1]\n- Two', expected: '- **One** [1]\n- Two' },
  ])('tidies $title', ({ given, expected }) => {
    expect(cleanPart(given)).toBe(expected);
  });

  it('removes citations when there are no sources', () => {
    expect(cleanPart('One [1]. Two [2, 3].', false)).toBe('One. Two.');
  });

  it('keeps links to URLs that the user has named', () => {
    const link = '[Tea](https://shop.example/tea)';
    expect(cleanPart(link, true, new Set(['https://shop.example/tea']))).toBe(link);
  });

  it('returns an empty text for a heading without text', () => {
    expect(cleanPart('## Only a heading')).toBe('');
  });
});
