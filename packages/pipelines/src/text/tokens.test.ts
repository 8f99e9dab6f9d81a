import { describe, expect, it } from 'vitest';
import { contentStems, stem, words } from './tokens.ts';

describe('words', () => {
  it('folds case, accents and possessives', () => {
    expect(words("The Café's DOORS")).toEqual(['the', 'cafe', 'doors']);
  });

  it('reads unspaced scripts as pairs of characters', () => {
    expect(words('北京市')).toEqual(['北京', '京市']);
  });
});

describe('contentStems', () => {
  it('leaves out function words and numbers', () => {
    expect([...contentStems('The 12 trees are in the city of Ulm')]).toEqual(['tree', 'city', 'ulm'].map(stem));
  });
});

describe('stem', () => {
  it.each([
    ['destroyed', 'destroying'],
    ['city', 'cities'],
    ['planned', 'planning'],
    ['tree', 'trees'],
    ['house', 'houses'],
    ['quick', 'quickly'],
  ])('reduces "%s" and "%s" to the same stem', (one, other) => {
    expect(stem(one)).toBe(stem(other));
  });

  it.each([
    ['bridge', 'bride'],
    ['summer', 'sum'],
  ])('reduces "%s" and "%s" to different stems', (one, other) => {
    expect(stem(one)).not.toBe(stem(other));
  });
});
