import { describe, expect, it } from 'vitest';
import { cleanPart } from './clean-part.ts';

describe('cleanPart', () => {
  it.each([
    { title: 'a heading at the start', given: '## Heading\n\nText [1].', expected: 'Text [1].' },
    { title: 'the mark of its part', given: '[part 2] ## Heading\nText.', expected: 'Text.' },
    { title: 'a code fence around it', given: '```markdown\nText.\n```', expected: 'Text.' },
    {
      title: 'headings as high as a section’s',
      given: 'Text.\n\n# Inner\n\nMore.',
      expected: 'Text.\n\n### Inner\n\nMore.',
    },
    { title: 'other line ends and gaps', given: 'One.\r\n\r\n\r\n\r\nTwo.\r\n', expected: 'One.\n\nTwo.' },
    { title: 'citations in other forms', given: 'One [1, 3]. Two [^2].', expected: 'One [1][3]. Two [2].' },
    { title: 'a mark that another part begins', given: 'One.\n\n[part lead] Two.', expected: 'One.\n\nTwo.' },
    {
      title: 'what would act when it is shown',
      given: 'One ![x](http://evil.test/?q=1) [two](http://evil.test) <b>three</b>.',
      expected: 'One x two three.',
    },
    { title: 'nothing else', given: '- **One** [1]\n- Two', expected: '- **One** [1]\n- Two' },
  ])('tidies $title', ({ given, expected }) => {
    expect(cleanPart(given)).toBe(expected);
  });

  it('takes citations out where there are no sources', () => {
    expect(cleanPart('One [1]. Two [2, 3].', false)).toBe('One. Two.');
  });

  it('keeps links to addresses the user has named', () => {
    const link = '[Tea](https://shop.example/tea)';
    expect(cleanPart(link, true, new Set(['https://shop.example/tea']))).toBe(link);
  });

  it('leaves nothing of a heading alone', () => {
    expect(cleanPart('## Only a heading')).toBe('');
  });
});
