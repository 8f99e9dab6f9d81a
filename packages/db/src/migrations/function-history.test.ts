import { describe, expect, it } from 'vitest';

import { renderFunctionHistory, selectOutdatedFunctions } from './function-history.ts';

const file = (name: string, checksum: string) => ({ name, checksum, sql: '' });

describe('the history of SQL functions', () => {
  it('keeps every version, also of functions that are gone, and adds the one now', () => {
    const history = new Map([
      ['b', ['b1', 'b2']],
      ['gone', ['g1']],
    ]);
    const text = 'a a1\nb b1\nb b2\nb b3\ngone g1\n';
    expect(renderFunctionHistory(history, [file('b', 'b3'), file('a', 'a1')])).toBe(text);
    expect(renderFunctionHistory(new Map([...history, ['a', ['a1']]]), [file('b', 'b2')])).toBe(
      'a a1\nb b1\nb b2\ngone g1\n',
    );
  });

  it('refuses a version that comes back', () => {
    expect(() => renderFunctionHistory(new Map([['b', ['b1', 'b2']]]), [file('b', 'b1')])).toThrow(
      'prisma/functions/b.sql equals an earlier version',
    );
  });

  it('distinguishes an outdated database from a current and a newer one', () => {
    const history = new Map([['b', ['b1', 'b2', 'b3']]]);
    const outdated = (found?: string) =>
      selectOutdatedFunctions([file('b', 'b3')], new Map(found === undefined ? [] : [['b', found]]), history);
    expect(['b1', 'b2', 'b3', 'b4', undefined].map(outdated)).toEqual([['b'], ['b'], [], [], []]);
  });
});
