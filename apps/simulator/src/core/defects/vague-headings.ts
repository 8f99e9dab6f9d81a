import type { ArticleOutline } from '@pressroom/contracts';
import type { ReplyDefect } from './reply-defect.ts';

/** Headings that would suit any article. */
const VAGUE = [
  'Overview',
  'Key Facts',
  'Further Aspects',
  'More to Know',
  'In Detail',
  'The Wider View',
  'Some Context',
  'Points to Note',
  'A Closer Look',
  'What Else Matters',
  'Other Matters',
  'Additional Points',
];

/** Replaces headings of sections by vague ones: each with the rate's probability. */
export const vagueHeadings: ReplyDefect = {
  name: 'vagueHeadings',
  onValue(value, { purpose, random, rate }) {
    if (purpose !== 'article_outline') return value;
    const outline = value as ArticleOutline;
    return {
      ...outline,
      sections: outline.sections.map((section, index) =>
        random() < rate ? { ...section, heading: VAGUE[index % VAGUE.length] ?? section.heading } : section,
      ),
    };
  },
};
