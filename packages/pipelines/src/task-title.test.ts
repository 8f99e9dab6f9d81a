import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { listPipelines } from './registry.ts';
import { taskTitle } from './task-title.ts';

describe('taskTitle', () => {
  it.each([
    ['the topic', { topic: ' Why towns\nplant trees ', sources: [] }, 'Why towns plant trees'],
    ['the title of a text', { title: 'Trees', text: 'Street trees cool a street.' }, 'Trees'],
    ['the first words of a text', { text: 'Street trees cool a street.' }, 'Street trees cool a street.'],
    ['the title of the first source', { sources: [{ title: 'Survey', text: 'x' }] }, 'Survey'],
    ['the address of the first source', { sources: [{ url: 'https://a.example/b' }] }, 'https://a.example/b'],
    ['a field of an added type', { about: 'ferries' }, 'ferries'],
    ['nothing', { count: 3 }, undefined],
    ['no input', null, undefined],
  ])('is %s', (_what, input, expected) => {
    expect(taskTitle(input)).toBe(expected);
  });

  it('finds a title for the example of every type', () => {
    for (const { type, example } of listPipelines()) expect(taskTitle(example), type).toMatch(/\S{3}/);
  });

  it('is one well-formed line of at most 120 characters, for any input', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string({ unit: 'binary', maxLength: 3_000 }), (value, topic) => {
        for (const input of [value, { topic }]) {
          const title = taskTitle(input) ?? '';
          expect(title.length).toBeLessThanOrEqual(120);
          expect(title).not.toMatch(/[\n\0]/);
          expect(title.isWellFormed()).toBe(true);
        }
      }),
    );
  });
});
