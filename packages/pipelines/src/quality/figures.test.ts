import { describe, expect, it } from 'vitest';
import { findFigures, isStated, statedValues } from './figures.ts';

const isGroundedIn = (sentence: string, source: string) => {
  const stated = statedValues(source);
  return findFigures(sentence).every((figure) => isStated(figure, stated));
};

describe('figures', () => {
  it.each([
    ['1,200 trees', 'about 1200 trees'],
    ['1.2 million people', '1,200,000 people'],
    ['1,5 Millionen', '1.5 million'],
    ['1.234,5 km', '1,234.5 km'],
    ['the 1960s', 'in 1960'],
    ['3.50 euros', '3.5 euros'],
    ['12 apostles', 'twelve apostles'],
    ['at 13:21', '13:21 local time'],
    ['about 3,500 feet', '3,489 feet'],
    ['around 1450', 'in 1453'],
    ['no figure at all', 'nothing'],
  ])('accepts "%s" when the source states "%s"', (sentence, source) => {
    expect(isGroundedIn(sentence, source)).toBe(true);
  });

  it.each([
    ['3.5 km', '35 km'],
    ['in 1933', 'in 1932'],
    ['1.2 million', '1.2 billion'],
    ['about 3,500 feet', '3,100 feet'],
    ['exactly 3,500 feet', '3,489 feet'],
    ['around 1450', 'in 1497'],
    ['140 euros', '14 or 1400 euros'],
  ])('rejects "%s" when the source states "%s"', (sentence, source) => {
    expect(isGroundedIn(sentence, source)).toBe(false);
  });
});
