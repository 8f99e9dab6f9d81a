import { describe, expect, it } from 'vitest';
import { joinLines } from './join-lines.ts';

/** Lines of ten points height, each at its distance below the previous one. */
const aPage = (...lines: [gap: number, text: string][]) => {
  let y = 800;
  return lines.map(([gap, text]) => {
    y -= gap;
    return { text, y, height: 10 };
  });
};

describe('joinLines', () => {
  it.each([
    {
      title: 'joins lines of a paragraph',
      page: aPage([0, 'Trees cool'], [12, 'the street.']),
      text: 'Trees cool the street.',
    },
    { title: 'separates paragraphs at a gap', page: aPage([0, 'One.'], [24, 'Two.']), text: 'One.\n\nTwo.' },
    {
      title: 'separates columns',
      page: aPage([0, 'Left.'], [12, 'Left still.'], [-300, 'Right.']),
      text: 'Left. Left still.\n\nRight.',
    },
    { title: 'joins a word that was hyphenated', page: aPage([0, 'evapo-'], [12, 'ration']), text: 'evaporation' },
    { title: 'keeps a hyphen before a capital', page: aPage([0, 'Baden-'], [12, 'Baden']), text: 'Baden- Baden' },
    {
      title: 'skips empty lines',
      page: aPage([0, 'One'], [12, ' '], [12, 'paragraph']),
      text: 'One\n\nparagraph',
    },
    { title: 'is empty without lines', page: [], text: '' },
  ])('$title', ({ page, text }) => {
    expect(joinLines(page)).toBe(text);
  });
});
