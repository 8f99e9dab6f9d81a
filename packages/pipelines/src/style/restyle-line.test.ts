import { describe, expect, it } from 'vitest';
import { parseStyleGuide } from './parse-style-guide.ts';
import { restyleLine } from './restyle-line.ts';

const rules = parseStyleGuide('Say "people", never "users". British spelling. No exclamation marks. Avoid "shocking".');

describe('restyleLine', () => {
  it.each([
    ['How users center a color!', 'How people centre a colour'],
    ['Users first', 'People first'],
    ['Reusers of “users” and "color"', 'Reusers of “users” and "color"'],
    ['A shocking heading', 'A shocking heading'],
  ])('changes "%s" to "%s"', (line, restyled) => {
    expect(restyleLine(line, rules)).toBe(restyled);
  });
});
