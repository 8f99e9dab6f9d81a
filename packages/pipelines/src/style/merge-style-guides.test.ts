import { describe, expect, it } from 'vitest';
import { mergeStyleGuides } from './merge-style-guides.ts';
import { parseStyleGuide } from './parse-style-guide.ts';

describe('mergeStyleGuides', () => {
  it('keeps both guides, and lets the task’s win where they differ', () => {
    const merged = mergeStyleGuides('British spelling. No exclamation marks.', 'American spelling.') ?? '';
    expect(parseStyleGuide(merged)).toEqual([
      { kind: 'mark', mark: '!' },
      { kind: 'spelling', variety: 'american' },
    ]);
  });

  it('is the one that is there when the other is not', () => {
    expect(mergeStyleGuides(undefined, ' Calm. ')).toBe('Calm.');
    expect(mergeStyleGuides('Calm.', undefined)).toBe('Calm.');
    expect(mergeStyleGuides(' ', undefined)).toBeUndefined();
  });

  it('merges once, however often it is asked to', () => {
    const once = mergeStyleGuides('British spelling.', 'Short.');
    expect(mergeStyleGuides('British spelling.', once)).toBe(once);
    expect(mergeStyleGuides('Calm.', 'Calm.')).toBe('Calm.');
  });
});
