import { describe, expect, it } from 'vitest';
import { escapeMarkdown } from './escape-markdown.ts';

describe('escapeMarkdown', () => {
  it.each([
    ['A *bold* claim [1](x)', 'A \\*bold\\* claim \\[1\\](x)'],
    ['<script>', '\\<script\\>'],
    ['# No heading', '\\# No heading'],
    ['- no item', '\\- no item'],
    ['3. no item', '\\3. no item'],
    ['two\nlines | cells', 'two lines \\| cells'],
    ['C# and 3.5 stay - as they are', 'C# and 3.5 stay - as they are'],
  ])('makes "%s" plain text: %s', (text, escaped) => {
    expect(escapeMarkdown(text)).toBe(escaped);
  });
});
