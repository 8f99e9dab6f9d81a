import fc from 'fast-check';
import { countTokens as countO200k } from 'gpt-tokenizer/encoding/o200k_base';
import { describe, expect, it } from 'vitest';
import { countTokens } from './count-tokens.ts';

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index);
const UNICODE_CLASSES: Readonly<Record<string, readonly number[]>> = {
  'lower-case letters': range(0x61, 0x7a),
  'upper- and lower-case letters': [...range(0x41, 0x5a), ...range(0x61, 0x7a)],
  digits: range(0x30, 0x39),
  punctuation: range(0x21, 0x2f),
  'spaces of all kinds': [0x09, 0x20, 0xa0, 0x1680, ...range(0x2000, 0x200a), 0x202f, 0x205f, 0x3000, 0xfeff],
  'line breaks': [0x0a, 0x0b, 0x0c, 0x0d, 0x2028, 0x2029],
  'control characters': range(0x00, 0x1f),
  'Latin-1 letters': range(0xc0, 0xff),
  'combining marks': range(0x300, 0x36f),
  'Arabic letters': range(0x621, 0x64a),
  'Thai letters': range(0xe01, 0xe30),
  'Han characters': range(0x4e00, 0x9fa5),
  emoji: range(0x1f300, 0x1f64f),
  'letters outside the basic plane': range(0x10400, 0x1044f),
  'private-use characters': range(0xe000, 0xf8ff),
  'lone surrogates': range(0xd800, 0xdfff),
};

describe('countTokens', () => {
  it('counts text that looks like a control token as text', () => {
    expect(countTokens('<|endoftext|>')).toBeGreaterThan(1);
  });

  it('never exceeds the bytes of the text plus the number of cuts', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 2_000 }), (text) => {
        const bytes = Buffer.byteLength(text);
        expect(countTokens(text)).toBeLessThanOrEqual(bytes + Math.ceil(bytes / 96));
      }),
    );
  });

  it('counts prose exactly as the tokenizer does', () => {
    const english = 'Notes are merged; every statement names the sources that support it. '.repeat(40);
    expect(countTokens(english)).toBe(countO200k(english));
  });

  it('counts text in long words or without spaces at most an eighth too high and never too low', () => {
    const texts = [
      'Donaudampfschifffahrtsgesellschaft: 1.234,5 Kilometer – „so weit“, sagte er.\n\n',
      'https://example.com/a/fairly/long/path?with=a&query=string-of-some-length#and-a-fragment\n',
      '这座城市在二十世纪七十年代种植了大量行道树，因此夏季街道的平均气温降低了约四摄氏度。',
      'เมืองนี้ปลูกต้นไม้ริมถนนจำนวนมากในช่วงทศวรรษที่ผ่านมา',
    ];
    for (const text of texts.map((each) => each.repeat(20))) {
      expect(countTokens(text)).toBeGreaterThanOrEqual(countO200k(text));
      expect(countTokens(text)).toBeLessThan(countO200k(text) * 1.125);
    }
  });

  it.each(Object.entries(UNICODE_CLASSES))('counts 1 MB of random %s in at most 200 ms of CPU', (_, pool) => {
    expect(fastestCpuMs(countTokens, (seed) => randomText(pool, 1_000_000, seed))).toBeLessThan(200);
  });

  it('counts a long run of any one character in at most 200 ms of CPU', () => {
    const character = fc.oneof(
      fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
      fc.constantFrom(' ', '\t', '\n', '\r', '\u00a0', '\u1680', '\u2000', '\u200a', '\u2028', '\u202f', '\u3000'),
      fc.constantFrom('\ufeff', '\u200b', '\u0301', '\ud800', '/', '!'),
    );
    fc.assert(
      fc.property(character, character, (unit, last) => {
        expect(fastestCpuMs(countTokens, () => unit.repeat(100_000) + last)).toBeLessThan(200);
      }),
      { numRuns: 60 },
    );
  });
});

/** Characters of one class in a repeatable order. */
function randomText(pool: readonly number[], bytes: number, seed: number): string {
  const units: string[] = [];
  let state = seed;
  for (let written = 0; written < bytes;) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    const point = pool[(state >>> 8) % pool.length] ?? 0x20;
    units.push(String.fromCodePoint(point));
    written += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  }
  return units.join('');
}

/** CPU time of this thread for the fastest of several texts, which excludes other load and compilation. */
function fastestCpuMs(count: (text: string) => unknown, makeText: (seed: number) => string): number {
  let fastest = Infinity;
  for (let seed = 1; seed <= 5 && fastest >= 150; seed += 1) {
    const text = makeText(seed);
    const before = process.threadCpuUsage();
    count(text);
    const { user, system } = process.threadCpuUsage(before);
    fastest = Math.min(fastest, (user + system) / 1_000);
  }
  return fastest;
}
