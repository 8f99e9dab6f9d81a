import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { createArraySplitter, createLineSplitter, type ItemSplitter } from './split-items.ts';

const LIMIT = 1_000;

/** Feeds text in pieces of the given sizes and answers the items as text. */
function split(splitter: ItemSplitter, text: string | Buffer, pieceSize: number): string[] {
  const bytes = Buffer.from(text);
  const items = [];
  for (let at = 0; at < bytes.length; at += pieceSize) items.push(...splitter.push(bytes.subarray(at, at + pieceSize)));
  items.push(...splitter.end());
  return items.map((item) => ('text' in item ? item.text.toString('utf8') : 'too long'));
}

describe('createArraySplitter', () => {
  it('finds the elements of any array, however it arrives', () => {
    fc.assert(
      fc.property(
        fc.array(fc.jsonValue(), { maxLength: 8 }),
        fc.integer({ min: 1, max: 50 }),
        fc.boolean(),
        (list, size, pretty) => {
          const splitter = createArraySplitter(100_000);
          const texts = split(splitter, JSON.stringify(list, null, pretty ? 2 : 0), size);
          expect(texts.map((text) => JSON.parse(text) as unknown)).toEqual(JSON.parse(JSON.stringify(list)));
          expect(splitter.fault).toBeUndefined();
          expect(splitter.bufferedBytes).toBe(0);
        },
      ),
    );
  });

  it.each([
    ['{}', 'not_a_list'],
    ['null', 'not_a_list'],
    ['', 'truncated'],
    ['[', 'truncated'],
    ['[1', 'truncated'],
    ['["]', 'truncated'],
    ['[1,]', 'malformed'],
    ['[,1]', 'malformed'],
    ['[1] 2', 'malformed'],
  ])('says what is wrong with %s', (text, fault) => {
    const splitter = createArraySplitter(LIMIT);
    split(splitter, text, 1);
    expect(splitter.fault).toBe(fault);
  });

  it('drops an element that is too long and keeps those around it', () => {
    const splitter = createArraySplitter(LIMIT);
    expect(split(splitter, `[1,"${'x'.repeat(5_000)}",2]`, 64)).toEqual(['1', 'too long', '2']);
  });

  it('holds no more than one element, however long the array is', () => {
    const splitter = createArraySplitter(LIMIT);
    splitter.push(Buffer.from('['));
    for (let n = 0; n < 1_000; n += 1) {
      splitter.push(Buffer.from(`"${'y'.repeat(900)}",`));
      expect(splitter.bufferedBytes).toBeLessThanOrEqual(LIMIT);
    }
  });
});

describe('createLineSplitter', () => {
  it('finds the lines of any text, however it arrives; blank ones are no items', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue(), { maxLength: 8 }), fc.integer({ min: 1, max: 50 }), (list, size) => {
        const text = `\n${list.map((item) => JSON.stringify(item)).join('\r\n \n')}`;
        const lines = split(createLineSplitter(100_000), text, size);
        expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(JSON.parse(JSON.stringify(list)));
      }),
    );
  });

  it('drops a line that is too long and keeps those around it', () => {
    expect(split(createLineSplitter(LIMIT), `1\n${'x'.repeat(5_000)}\n2`, 64)).toEqual(['1', 'too long', '2']);
  });
});
