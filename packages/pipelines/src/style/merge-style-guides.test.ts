import { describe, expect, it } from 'vitest';
import { mergeStyleGuides } from './merge-style-guides.ts';
import { parseStyleGuide } from './parse-style-guide.ts';

describe('mergeStyleGuides', () => {
  it('includes both guides and gives precedence to the task’s', () => {
    const merged = mergeStyleGuides('British spelling. No exclamation marks.', 'American spelling.') ?? '';
    expect(parseStyleGuide(merged)).toEqual([
      { kind: 'mark', mark: '!' },
      { kind: 'spelling', variety: 'american' },
    ]);
  });

  it('returns the only guide when there is one', () => {
    expect(mergeStyleGuides(undefined, ' Calm. ')).toBe('Calm.');
    expect(mergeStyleGuides('Calm.', undefined)).toBe('Calm.');
    expect(mergeStyleGuides(' ', undefined)).toBeUndefined();
  });

  it('is idempotent', () => {
    const once = mergeStyleGuides('British spelling.', 'Short.');
    expect(mergeStyleGuides('British spelling.', once)).toBe(once);
    expect(mergeStyleGuides('Calm.', 'Calm.')).toBe('Calm.');
  });
});
